import path from 'node:path';

/**
 * The plugin is loaded from the folder above. DEMO_SMTP_PORT is set by `npm run demo` and by the tests to the
 * port of their local inbox; without it the plugin has no transport, as right after an installation.
 * NEWSLETTER_CONFIG is JSON with further keys of the plugin's configuration.
 */
export default ({ env }: { env: any }) => {
  const smtpPort = env.int('DEMO_SMTP_PORT', 0);
  const queueFolder = env('NEWSLETTER_QUEUE_FOLDER', '');
  const folder = queueFolder ? { folder: queueFolder } : {};
  return {
    newsletter: {
      enabled: env.bool('NEWSLETTER_ENABLED', true),
      resolve: path.resolve(process.cwd(), '..'),
      config: {
        ...(smtpPort
          ? {
              transports: {
                demo: { host: '127.0.0.1', port: smtpPort, secure: false, pool: { maxConnections: 5 } },
              },
              domains: {
                'news.example.com': {
                  dkim: { selector: 'demo', privateKey: env('DEMO_DKIM_KEY_FILE', '') },
                },
              },
              queue: {
                backend: env('DEMO_QUEUE', 'auto'),
                redis: env('DEMO_REDIS_URL', '') || undefined,
                ...folder,
              },
            }
          : { queue: folder }),
        ...env.json('NEWSLETTER_CONFIG', {}),
      },
    },
  };
};
