export * from './campaigns';
export * from './common';
export * from './events';
export * from './lists';
export * from './permissions';
export * from './segments';
export * from './settings';
export * from './subscribers';
