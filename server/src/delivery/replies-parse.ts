export { oneLine, readReply as parseReply } from '../reasons';
