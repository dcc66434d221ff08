export { createMetrics, type Metrics } from './metrics';
export { refuseMetrics } from './metrics-access';
export { diagnose, type Diagnosis, type DnsResolver } from './doctor';
export { health, nobodySends } from './health';
export { campaignCounts, campaignSummaries, campaignSummary } from './summaries';
export { campaignReport } from './report';
export { listDeliveries } from './deliveries';
export { overview, TEST_MAIL_KEY, type TransportHealth } from './overview';
export { destinations, forgetWaiting } from './destinations';
