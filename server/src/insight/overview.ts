import type { HealthDto, OverviewDto } from '../../../shared/contracts';
import { guardWarnings } from '../campaign';
import { checkDomains } from '../config';
import type { Context } from '../context';
import { loadSettings } from '../settings';
import {
  countByStatus,
  countFeedback,
  failedMailsSince,
  findCampaign,
  findRun,
  firingsToSee,
  growthSince,
  inDoubtCampaigns,
  listCampaigns,
  readSetting,
  startingPoints,
} from '../storage';
import { nobodySends } from './health';
import { campaignSummaries } from './summaries';

/** Settings key under which the test route writes the time (milliseconds) of the last test mail that was accepted. */
export const TEST_MAIL_KEY = 'test-mail-sent-at';

export type TransportHealth = Pick<HealthDto['transports'][number], 'name' | 'ok' | 'message'>[];

const DAY_MS = 24 * 3600 * 1000;
const WEEK_MS = 7 * DAY_MS;
const GROWTH_MS = 30 * DAY_MS;
/** A start that is this late was missed: nothing sends. */
const OVERDUE_MS = 5 * 60 * 1000;
const RECENT = 5;
/** More at once would be a list of campaigns, which there is a page for. */
const MOST_PER_STATE = 20;

type Attention = OverviewDto['attention'];

/**
 * The landing page: what is left to do before the first campaign, or what needs attention after it.
 * @param transports what the delivery knows of its servers, if it runs in this process
 */
export async function overview(ctx: Context, transports: TransportHealth = []): Promise<OverviewDto> {
  const recent = await listCampaigns(ctx.knex, { sort: 'updatedAt:desc', page: 1, pageSize: RECENT });
  return {
    checklist: await checklist(ctx),
    attention: [
      ...brokenKeys(ctx),
      ...failedTransports(ctx, transports),
      ...(await idle(ctx)),
      ...(await pausedCampaigns(ctx)),
      ...(await endangeredCampaigns(ctx)),
      ...(await heldFeedback(ctx)),
      ...(await overdueCampaigns(ctx)),
      ...(await doubtfulCampaigns(ctx)),
      ...(await failedMails(ctx)),
      ...(await publishing(ctx)),
    ],
    subscribers: await countByStatus(ctx.knex),
    growth: await growthSince(ctx.knex, Date.now() - GROWTH_MS),
    recent: await campaignSummaries(ctx.knex, recent.rows),
  };
}

async function checklist(ctx: Context): Promise<OverviewDto['checklist']> {
  const { list, subscribed, startedCampaign } = await startingPoints(ctx.knex);
  if (startedCampaign) return null;
  const settings = await loadSettings(ctx.knex);
  return [
    { id: 'transport', done: Object.keys(ctx.config.transports).length > 0 },
    { id: 'sender', done: settings.senders.length > 0 },
    { id: 'list', done: list },
    { id: 'subscribers', done: subscribed },
    { id: 'test-mail', done: (await readSetting(ctx.knex, TEST_MAIL_KEY)) !== undefined },
  ];
}

function brokenKeys(ctx: Context): Attention {
  return checkDomains(ctx).map(({ domain, path, message }) => ({
    id: 'dkim-key',
    values: { domain, path, detail: message },
    campaign: null,
    message: `The DKIM key of ${domain} cannot be used, so that nothing from there can be signed: ${path}: ${message}.`,
  }));
}

function failedTransports(ctx: Context, transports: TransportHealth): Attention {
  const down = transports.filter((transport) => transport.ok === false);
  return down.map(({ name, message }) => ({
    id: 'transport-failed',
    values: { name, reason: message ?? '' },
    campaign: null,
    message: `The transport "${name}" does not work: ${message ?? 'no reason given'}. Check its configuration.`,
  }));
}

async function idle(ctx: Context): Promise<Attention> {
  const problem = await nobodySends(ctx);
  return problem ? [{ ...problem, campaign: null }] : [];
}

async function pausedCampaigns(ctx: Context): Promise<Attention> {
  const { rows } = await listCampaigns(ctx.knex, {
    state: 'paused',
    sort: 'updatedAt:desc',
    page: 1,
    pageSize: MOST_PER_STATE,
  });
  return rows.flatMap(({ documentId, name, stateReason, stateCause }) =>
    // A person who paused it knows.
    stateReason === null
      ? []
      : [
          {
            id: 'campaign-paused',
            values: { name, reason: stateReason },
            campaign: documentId,
            cause: stateCause,
            message: `"${name}" paused by itself: ${stateReason}`,
          },
        ],
  );
}

/** What the guards see coming, or saw after the end. */
async function endangeredCampaigns(ctx: Context): Promise<Attention> {
  const items: Attention = [];
  for (const { campaignId, guard, share, line, receiver } of await guardWarnings(ctx)) {
    const name = (await findCampaign(ctx.knex, campaignId))?.name;
    if (name === undefined) continue;
    const what = DANGERS[guard];
    items.push({
      id: `danger-${guard}`,
      values: { name, share, line, ...(receiver !== null && { receiver }) },
      campaign: campaignId,
      message: `"${name}": ${share} % ${what}${receiver === null ? '' : ` by ${receiver}`} (more than ${line} % is a danger to your reputation).`,
    });
  }
  return items;
}

const DANGERS = {
  'hard-bounces': 'of the addresses do not exist',
  complaints: 'of the recipients called it spam',
  refusals: 'of the last mails were refused',
  authentication: "of the last mails were refused for our domain's authentication",
} as const;

/** Bounces that wait for a person, since one mail server sent very many at once. */
async function heldFeedback(ctx: Context): Promise<Attention> {
  const { held } = await countFeedback(ctx.knex);
  if (held === 0) return [];
  const message = `${held} bounces are held, since one mail server reported very many at once. Release or discard them under Deliverability.`;
  return [{ id: 'feedback-held', values: { count: held }, campaign: null, message }];
}

async function overdueCampaigns(ctx: Context): Promise<Attention> {
  const { rows } = await listCampaigns(ctx.knex, {
    state: 'scheduled',
    sort: 'scheduledAt:desc',
    page: 1,
    pageSize: 100,
  });
  const late: Attention = [];
  for (const { documentId, name } of rows) {
    const startAt = (await findRun(ctx.knex, documentId))?.startAt ?? Date.now();
    const minutes = Math.floor((Date.now() - startAt) / 60_000);
    if (startAt > Date.now() - OVERDUE_MS) continue;
    late.push({
      id: 'campaign-overdue',
      values: { name, minutes },
      campaign: documentId,
      message: `"${name}" should have started ${minutes} minutes ago. Check that a worker is running.`,
    });
  }
  return late;
}

async function doubtfulCampaigns(ctx: Context): Promise<Attention> {
  const items: Attention = [];
  for (const { id, count } of await inDoubtCampaigns(ctx.knex, Date.now() - GROWTH_MS)) {
    const name = (await findCampaign(ctx.knex, id))?.name;
    if (name === undefined) continue;
    items.push({
      id: 'in-doubt',
      values: { name, count },
      campaign: id,
      message: `${count} recipients of "${name}" are in doubt: the connection broke after the message was handed over. They are not sent again by themselves.`,
    });
  }
  return items;
}

async function failedMails(ctx: Context): Promise<Attention> {
  const count = await failedMailsSince(ctx.knex, Date.now() - DAY_MS);
  if (count === 0) return [];
  const message = `${count} confirmation or other system mails could not be sent in the last 24 hours. Check the transport.`;
  return [{ id: 'mails-failed', values: { count }, campaign: null, message }];
}

/** What publish rules leave for a person: held firings, and failures of the last week. */
async function publishing(ctx: Context): Promise<Attention> {
  const { held, failed } = await firingsToSee(ctx.knex, Date.now() - WEEK_MS);
  const items: Attention = [];
  if (held > 0) {
    const message = `${held} published entries wait for a person: their publish rules made many newsletters within an hour. Release or dismiss them.`;
    items.push({ id: 'publishing-held', values: { count: held }, campaign: null, message });
  }
  if (failed > 0) {
    const message = `${failed} published entries did not become a newsletter in the last 7 days. The activity of the publish rules says why.`;
    items.push({ id: 'publishing-failed', values: { count: failed }, campaign: null, message });
  }
  return items;
}
