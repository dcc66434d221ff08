export { listsAsked } from './asked';
export { isInSegment, type SegmentPerson } from './evaluate';
export { countPeople, readableSegment, segmentFilter } from './people';
export { namesIn, segmentProblems } from './problems';
export { resolveAudience, type AudienceProblem } from './resolve';
