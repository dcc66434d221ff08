export { isInSegment, type SegmentPerson } from './evaluate';
