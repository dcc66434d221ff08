export { parseReport } from './parse';
export type * from './types';
