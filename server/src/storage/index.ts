export { dialectOf, databaseNow, nowMsSql, insertReturningId, type Dialect } from './dialect';
export { migrate, migrations, type Migration } from './migrations';
export { TABLE } from './tables';
