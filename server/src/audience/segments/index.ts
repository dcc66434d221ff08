export { isInSegment, type SegmentPerson } from './evaluate';
export { namesIn, segmentProblems } from './problems';
export { resolveAudience, type AudienceProblem } from './resolve';
