export { MAX_OCTETS } from './mime';
export { parseReport } from './parse';
export type * from './types';
