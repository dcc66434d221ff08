import type { HttpModule } from '../module';
import { confirmModule } from './confirm';
import { preferencesModule } from './preferences';
import { subscribeModule } from './subscribe';
import { trackingModule } from './tracking';
import { unsubscribeModule } from './unsubscribe';

/** What people reach without a login, from forms and from their mails. */
export const publicModules: HttpModule[] = [
  subscribeModule,
  confirmModule,
  unsubscribeModule,
  preferencesModule,
  trackingModule,
];
