import type { HttpModule } from '../module';
import { openApiDocument } from './openapi-document';

export const openApiModule: HttpModule = {
  name: 'public-openapi',
  controller: {
    show(koa) {
      koa.body = openApiDocument;
    },
  },
  contentApi: [
    { method: 'GET', path: '/openapi.json', handler: 'public-openapi.show', config: { auth: false } },
  ],
};
