import type { Context as KoaContext } from 'koa';
import {
  entryDraftSchema,
  entryStatusSchema,
  type EntryDraftDto,
  type EntryNewslettersDto,
  type EntryStatusDto,
} from '../../../../shared/contracts';
import { getContext } from '../../app';
import { draftEntry, entryStatuses, firingDtos, hasFired, type EntryType } from '../../campaign';
import { getEntries } from '../../publish-hook';
import { findRule, firingsOfEntry, rulesOf, type FiringRecord, type RuleRecord } from '../../storage';
import { requires, type Handler, type Route } from '../module';
import { notFound, RequestError } from './request-error';
import { readableEntry, readableType } from './rules-rights';
import { readBody, readId } from './validate';

/** What the content manager shows beside an entry: which newsletters it became or will become. */
export const entries = {
  async entryNewsletters(ctx) {
    const { type, documentId } = await readEntryPath(ctx);
    const { knex } = getContext();
    const rules = await rulesOf(knex, type.uid);
    const records = await firingsOfEntry(knex, type.uid, [documentId]);
    const firings = await firingDtos(getContext(), records);
    const versions = await getEntries().versions(type.uid, documentId);
    ctx.body = {
      locales: versions.map(({ locale, published }) => {
        const own = firings.filter((firing) => firing.locale === locale);
        return { locale, published, firings: own, next: nextRules(rules, records, locale) };
      }),
      rules: rules.map(({ documentId: id, name, enabled }) => ({ documentId: id, name, enabled })),
    } satisfies EntryNewslettersDto;
  },

  async entryStatuses(ctx) {
    const { uid, documentIds } = readBody(ctx, entryStatusSchema);
    await readableType(ctx, uid);
    const results = await entryStatuses(getContext(), uid, documentIds);
    ctx.body = { results } satisfies EntryStatusDto;
  },

  async entryDraft(ctx) {
    const { type, documentId } = await readEntryPath(ctx);
    const input = readBody(ctx, entryDraftSchema);
    const locale = type.localized ? (input.locale ?? type.defaultLocale) : null;
    const entry = await readableEntry(ctx, type, documentId, locale);
    const rule = input.rule === undefined ? null : await ruleFor(type, input.rule);
    const mapping = input.mapping ?? null;
    ctx.status = 201;
    ctx.body = (await draftEntry(getContext(), {
      type,
      entry,
      locale,
      rule,
      mapping,
    })) satisfies EntryDraftDto;
  },
} satisfies Record<string, Handler>;

/** Rules that publishing this locale would fire: not those that fire once and have. */
function nextRules(
  rules: readonly RuleRecord[],
  firings: readonly FiringRecord[],
  locale: string | null,
): EntryNewslettersDto['locales'][number]['next'] {
  return rules
    .filter(
      (rule) =>
        rule.enabled &&
        (locale === null || rule.locales === null || rule.locales.includes(locale)) &&
        (rule.again === 'every' || !hasFired(firings, rule, locale)),
    )
    .map(({ documentId, name, action, delayMinutes }) => ({ documentId, name, action, delayMinutes }));
}

async function ruleFor(type: EntryType, id: string): Promise<RuleRecord> {
  const rule = await findRule(getContext().knex, id);
  if (!rule) throw notFound('rule', id);
  if (rule.contentType === type.uid) return rule;
  throw new RequestError(
    400,
    'other-content-type',
    `The rule "${rule.name}" is for another content type. Choose one for ${type.name}.`,
  );
}

async function readEntryPath(ctx: KoaContext): Promise<{ type: EntryType; documentId: string }> {
  const { uid } = (ctx as unknown as { params: { uid: string } }).params;
  return { type: await readableType(ctx, uid), documentId: readId(ctx, 'documentId') };
}

const one = '/rules/entries/:uid/:documentId';

export const entryRoutes: Route[] = [
  {
    method: 'POST',
    path: '/rules/entries/status',
    handler: 'rules.entryStatuses',
    config: requires('rulesRead'),
  },
  { method: 'GET', path: one, handler: 'rules.entryNewsletters', config: requires('rulesRead') },
  { method: 'POST', path: `${one}/draft`, handler: 'rules.entryDraft', config: requires('campaignsEdit') },
];
