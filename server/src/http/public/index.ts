import type { HttpModule } from '../module';
import { captchaModule } from './captcha';
import { confirmModule } from './confirm';
import { feedbackModule } from './feedback';
import { formModule } from './form';
import { metricsModule } from './metrics';
import { preferencesModule } from './preferences';
import { previewModule } from './preview';
import { serverApiModule } from './server-api';
import { subscribeModule } from './subscribe';
import { trackingModule } from './tracking';
import { unsubscribeModule } from './unsubscribe';
import { viewModule } from './view';

/** What people reach without a login, from forms and from their mails. */
export const publicModules: HttpModule[] = [
  subscribeModule,
  formModule,
  captchaModule,
  serverApiModule,
  confirmModule,
  unsubscribeModule,
  preferencesModule,
  trackingModule,
  viewModule,
  feedbackModule,
  previewModule,
  metricsModule,
];
