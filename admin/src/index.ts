import type { ComponentType } from 'react';
import { Mail } from '@strapi/icons';
import type { StrapiApp } from '@strapi/strapi/admin';
import { extendContentManager } from './content-manager';
import { MENU_PERMISSIONS, permissionsFor } from './permissions';
import { WEBHOOK_PERMISSIONS } from './pages/Settings/webhooks';
import { BASE_PATH, PLUGIN_ID } from './pluginId';
import { en, loadTexts, type TextKey } from './translations';

const label = (key: TextKey) => ({ id: `${PLUGIN_ID}.${key}`, defaultMessage: en[key] });

const settingsLink = (to: string, key: TextKey, Component: () => Promise<{ default: ComponentType }>) => ({
  id: `${PLUGIN_ID}-${to}`,
  to: `${PLUGIN_ID}/${to}`,
  intlLabel: label(key),
  permissions: permissionsFor('settingsRead'),
  Component,
});

export default {
  register(app: StrapiApp) {
    app.registerPlugin({ id: PLUGIN_ID, name: 'Newsletter' });
    app.addMenuLink({
      to: `plugins/${PLUGIN_ID}`,
      icon: Mail,
      intlLabel: label('common.plugin-name'),
      permissions: MENU_PERMISSIONS,
      position: 5,
      Component: () => import('./pages/App'),
    });
    extendContentManager(app);
    app.widgets.register({
      id: 'overview',
      pluginId: PLUGIN_ID,
      icon: Mail,
      title: label('native.widget.title'),
      link: { label: label('native.widget.all'), href: BASE_PATH },
      permissions: permissionsFor('overview'),
      component: async () => (await import('./homepage/NewsletterWidget')).default,
    });
    app.addSettingsLink({ id: PLUGIN_ID, intlLabel: label('common.plugin-name') }, [
      settingsLink('senders', 'common.settings.senders', () => import('./pages/Settings/SendersBrandPage')),
      settingsLink('delivery', 'common.settings.delivery', () => import('./pages/Settings/DeliveryPage')),
      settingsLink('consent', 'common.settings.consent', () => import('./pages/Settings/ConsentPage')),
      settingsLink('attributes', 'attributes.title', () => import('./pages/Settings/AttributesPage')),
      settingsLink('forms', 'forms.title', () => import('./pages/Settings/FormsPage')),
      settingsLink('tracking', 'common.settings.tracking', () => import('./pages/Settings/TrackingPage')),
      {
        ...settingsLink('webhooks', 'native.webhooks', () => import('./pages/Settings/WebhooksPage')),
        permissions: WEBHOOK_PERMISSIONS.slice(0, 1),
      },
    ]);
  },

  async registerTrads({ locales }: { locales: string[] }) {
    return Promise.all(locales.map(async (locale) => ({ locale, data: await loadTexts(locale) })));
  },
};
