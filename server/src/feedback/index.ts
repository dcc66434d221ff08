export { startInbound, type Inbound } from './inbound';
export { isMachine, type Visit } from './machine';
export { recordClick, recordOpen, type Visitor } from './tracking';
export { parseReport, type OurMarks, type ParsedReport, type ReportRecipient } from './report';
