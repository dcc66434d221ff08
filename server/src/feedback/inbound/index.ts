export { startInbound, type Inbound } from './start';
export { takeMail } from './take';
export type { InboundMail, InboundResult } from './types';
