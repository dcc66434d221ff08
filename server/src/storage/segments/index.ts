export { segmentCondition, type Reach } from './compile';
export { dayOf, dayRange, dayStart, type RangedTest } from './days';
export { fold, wholeDomain } from './fold';
export { countSegment, CountTimeout, hasAnybody } from './count';
