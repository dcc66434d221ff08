import path from 'node:path';

/** DATABASE_CLIENT: sqlite (default), postgres or mysql; the others read DATABASE_URL-style variables. */
export default ({ env }: { env: any }) => {
  const client = env('DATABASE_CLIENT', 'sqlite');
  if (client === 'sqlite') {
    return {
      connection: {
        client,
        connection: { filename: path.resolve(process.cwd(), env('DATABASE_FILENAME', '.tmp/data.db')) },
        useNullAsDefault: true,
      },
    };
  }
  return {
    connection: {
      client,
      connection: {
        host: env('DATABASE_HOST', '127.0.0.1'),
        port: env.int('DATABASE_PORT', client === 'postgres' ? 5432 : 3306),
        database: env('DATABASE_NAME', 'strapi'),
        user: env('DATABASE_USERNAME', 'strapi'),
        password: env('DATABASE_PASSWORD', 'strapi'),
        ...(client === 'postgres' && env('DATABASE_SCHEMA', '') ? { schema: env('DATABASE_SCHEMA') } : {}),
      },
      pool: { min: 0, max: 10 },
    },
  };
};
