import type { Knex } from 'knex';
import { TABLE } from '../../server/src/storage';

/** A row in each raw table that no single call of a route fills, as a campaign that was sent leaves them. */
export async function insertTraces(
  knex: Knex,
  { campaign, person }: { campaign: string; person: string },
): Promise<void> {
  const at = Date.now();
  const rows: [table: string, row: object][] = [
    [TABLE.destinations, { source: 'demo', destination: 'google', said_at: at, version: 1, updated_at: at }],
    [TABLE.destinationCounts, { campaign_id: campaign, source: 'demo', destination: 'google', accepted: 1 }],
    [TABLE.warmUps, { source: 'demo', day: '2026-11-01', destination: '', step: 1, quota: 200, accepted: 1 }],
    [TABLE.missingDomains, { domain: 'gone.example', since: at, seen_at: at }],
    [
      TABLE.stsPolicies,
      {
        domain: 'strict.example',
        policy_id: '1',
        mode: 'enforce',
        mx: '["mx.strict.example"]',
        max_age: 86_400,
        fetched_at: at,
        expires_at: at + 86_400_000,
      },
    ],
    [
      TABLE.inDoubtDecisions,
      { campaign_id: campaign, decision: 'leave', recipients: 1, decided_by: 'Ann', decided_at: at },
    ],
    [
      TABLE.feedback,
      {
        event_key: 'x'.repeat(64),
        way: 'listener',
        source: 'smtp',
        kind: 'bounce',
        result: 'applied',
        why: 'hard',
        campaign_id: campaign,
        reason: 'userunknown',
        class: 'invalid',
        severity: 'hard',
        at,
        received_at: at,
      },
    ],
    [TABLE.feedbackSources, { way: 'listener', name: 'smtp', last_seen_at: at, taken: 1 }],
    [TABLE.webhookTokens, { token: 'a'.repeat(64), content: 'b'.repeat(64), received_at: at }],
    [
      TABLE.suppressionHistory,
      { address_hash: 'f'.repeat(32), reason: 'hard-bounce', since: at, ended_at: at, ended_as: 'lifted' },
    ],
    [TABLE.campaignGuards, { campaign_id: campaign, judged_at: at, state: '{}' }],
    [TABLE.destinationDays, { campaign_id: campaign, destination: 'google', day: 20_000, accepted: 1 }],
    [TABLE.rateRuns, { campaign_id: campaign, sender: 'news.example.com', made_at: at }],
    [
      TABLE.hygieneRuns,
      {
        id: 'check000000000000000001',
        state: 'done',
        scope: '{}',
        counts: '{}',
        created_at: at,
        ended_at: at,
      },
    ],
    [
      TABLE.hygieneFindings,
      { run_id: 'check000000000000000001', kind: 'role', subscriber_id: person, detail: 'info' },
    ],
    [
      TABLE.hygieneActions,
      { run_id: 'check000000000000000001', kind: 'role', action: 'suppress', at, ended_at: at },
    ],
    [TABLE.hygieneDomains, { domain: 'example.com', state: 'ok', expires_at: at + 86_400_000 }],
    [TABLE.sunset, { subscriber_id: person, marked_at: at }],
  ];
  for (const [table, row] of rows) await knex(table).insert(row);
}
