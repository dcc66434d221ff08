import type { Core } from '@strapi/strapi';

/**
 * Signatures of webhooks are over the octets of the body, which Strapi's parser would consume. Middlewares of `register`
 * run before all that are configured; to a request that is of no type, the parser does nothing, and the handler finds the
 * stream as it came.
 */
export function leaveWebhooksUnparsed(strapi: Core.Strapi): void {
  const prefix = `${strapi.config.get('api.rest.prefix', '/api')}/newsletter/feedback/`;
  strapi.server.use(async (ctx, next) => {
    if (ctx.path.startsWith(prefix)) ctx.request.is = () => false;
    await next();
  });
}
