import { hostname } from 'node:os';
import type { TransportConfig } from './transports';

/** What a transport calls itself in EHLO, in lower case. */
export const ehloName = ({ name }: Pick<TransportConfig, 'name'>): string =>
  (name ?? hostname()).toLowerCase();

/** Whether DNS could know a name: at least two labels, and no ending that only a local network knows. */
export const isHostName = (name: string): boolean =>
  /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(name) &&
  !/\.(?:local|localdomain|internal|lan)$/i.test(name);
