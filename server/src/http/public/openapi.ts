import type { HttpModule, Route } from '../module';
import { openApiDocument } from './openapi-document';

/** @param adminRoutes gives all that are registered, this module's own not among them */
export function openApiModule(adminRoutes: () => readonly Route[]): HttpModule {
  let document: ReturnType<typeof openApiDocument> | undefined;
  return {
    name: 'public-openapi',
    controller: {
      show(koa) {
        document ??= openApiDocument(adminRoutes());
        koa.body = document;
      },
    },
    contentApi: [
      { method: 'GET', path: '/openapi.json', handler: 'public-openapi.show', config: { auth: false } },
    ],
  };
}
