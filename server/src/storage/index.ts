export { dialectOf, databaseNow, nowMsSql, insertReturningId, type Dialect } from './dialect';
export { migrate, migrations, type Migration } from './migrations';
export { readSecrets, type InstanceSecrets } from './secrets';
export { readSetting, writeSetting, keepWording, type Wording } from './settings';
export { TABLE } from './tables';
