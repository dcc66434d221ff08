import { Box, Typography } from '@strapi/design-system';
import { Panel } from '../../components/Panel';
import { useText } from '../../components/useText';

const EXAMPLE = `// config/plugins.ts
export default ({ env }) => ({
  newsletter: {
    enabled: true,
    config: {
      publicUrl: 'https://cms.example.com',
      transports: {
        relay: {
          host: 'smtp.example.com',
          port: 587,
          auth: { user: env('SMTP_USER'), pass: env('SMTP_PASSWORD') },
        },
      },
      domains: {
        'news.example.com': {
          dkim: { selector: 'strapi', privateKey: env('DKIM_KEY_FILE') },
        },
      },
    },
  },
});`;

/** What a developer has to put into the configuration before anything can be sent. */
export function ConfigExample() {
  const t = useText();
  return (
    <Panel title={t('settings.delivery.missing')}>
      <Typography>{t('settings.delivery.missing.text')}</Typography>
      <Box
        tag="pre"
        tabIndex={0}
        aria-label="config/plugins.ts"
        background="neutral100"
        hasRadius
        padding={4}
        marginTop={4}
        overflow="auto"
        style={{ fontFamily: 'monospace', fontSize: '1.3rem', lineHeight: 1.5 }}
      >
        <Typography tag="code" textColor="neutral800" style={{ fontFamily: 'inherit', fontSize: 'inherit' }}>
          {EXAMPLE}
        </Typography>
      </Box>
    </Panel>
  );
}
