export { createDelivery, type Delivery, type DeliveryOptions } from './engine';
export type { FaultHook, FaultPoint } from './engine-send';
export { createMessageBuilder, type MessageBuilder } from './message';
export { processDueMails } from './mails';
export { classify, type Verdict } from './replies';
export { REPLY_CLASSES, type ReplyClass } from './reply-rules';
export { SigningError } from './signing';
export { sendTest, sendTransportTest } from './test-send';
export { createTransports } from './transport';
