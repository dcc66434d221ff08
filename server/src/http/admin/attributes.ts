import type { AttributeDeclaration } from '../../../../shared/contracts';
import { getContext } from '../../app';
import { loadSettings } from '../../settings';
import { requires, type HttpModule } from '../module';
import { guarded } from './errors';

/**
 * The declared attributes, for people who may not read the settings: whoever reads people sees their values, whoever
 * writes campaigns and templates uses their names. One answer below each area, since a route belongs to one.
 */
export const attributes: HttpModule = {
  name: 'attributes',
  controller: guarded({
    async find(ctx) {
      const declared: AttributeDeclaration[] = (await loadSettings(getContext().knex)).attributes;
      ctx.body = declared;
    },
  }),
  admin: [
    {
      method: 'GET',
      path: '/subscribers/attributes',
      handler: 'attributes.find',
      config: requires('subscribersRead'),
    },
    {
      method: 'GET',
      path: '/campaigns/attributes',
      handler: 'attributes.find',
      config: requires('campaignsRead'),
    },
    {
      method: 'GET',
      path: '/templates/attributes',
      handler: 'attributes.find',
      config: requires('templatesRead'),
    },
  ],
};
