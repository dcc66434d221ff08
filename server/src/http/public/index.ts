import type { HttpModule } from '../module';
import { confirmModule } from './confirm';
import { metricsModule } from './metrics';
import { preferencesModule } from './preferences';
import { previewModule } from './preview';
import { subscribeModule } from './subscribe';
import { trackingModule } from './tracking';
import { unsubscribeModule } from './unsubscribe';
import { viewModule } from './view';

/** What people reach without a login, from forms and from their mails. */
export const publicModules: HttpModule[] = [
  subscribeModule,
  confirmModule,
  unsubscribeModule,
  preferencesModule,
  trackingModule,
  viewModule,
  previewModule,
  metricsModule,
];
