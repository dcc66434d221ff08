import {
  ruleDraftPreviewSchema,
  ruleInputSchema,
  rulePreviewSchema,
  ruleQuerySchema,
  type RuleContentTypes,
  type RuleDto,
  type RuleFields,
  type RulePreviewDto,
} from '../../../../shared/contracts';
import type { Context as KoaContext } from 'koa';
import { getContext } from '../../app';
import { previewRule, ruleProblems, suggestMapping, unknownFields, type EntryType } from '../../campaign';
import { getEntries } from '../../publish-hook';
import {
  deleteRule,
  findRule,
  insertRule,
  isoTime,
  lastFirings,
  pageRules,
  updateRule,
  type RuleRecord,
} from '../../storage';
import { requires, type HttpModule } from '../module';
import { guarded } from './errors';
import { paged } from './paged';
import { notFound, RequestError } from './request-error';
import { activity, activityRoutes } from './rules-activity';
import { entries, entryRoutes } from './rules-entries';
import { mayReadType, readableEntry, readableType, refuseWithoutSending } from './rules-rights';
import { readBody, readId, readQuery } from './validate';

const resource = {
  async find(ctx: KoaContext) {
    const query = readQuery(ctx, ruleQuerySchema);
    const { rows, total } = await pageRules(getContext().knex, query);
    ctx.body = paged(await dtos(rows), total, query);
  },

  async findOne(ctx: KoaContext) {
    ctx.body = await dto(readId(ctx));
  },

  async create(ctx: KoaContext) {
    const fields = readBody(ctx, ruleInputSchema);
    await refuseUnfit(ctx, fields);
    const id = await insertRule(getContext().knex, fields);
    ctx.status = 201;
    ctx.body = await dto(id);
  },

  async update(ctx: KoaContext) {
    const id = readId(ctx);
    const fields = readBody(ctx, ruleInputSchema);
    await refuseUnfit(ctx, fields);
    if (!(await updateRule(getContext().knex, id, fields))) throw notFound('rule', id);
    ctx.body = await dto(id);
  },

  async delete(ctx: KoaContext) {
    const id = readId(ctx);
    if (!(await deleteRule(getContext().knex, id))) throw notFound('rule', id);
    ctx.status = 204;
  },

  async contentTypes(ctx: KoaContext) {
    const types = (await getEntries().types()).filter(({ uid }) => mayReadType(ctx, uid));
    ctx.body = {
      contentTypes: types.map((type) => ({
        uid: type.uid,
        name: type.name,
        draftAndPublish: type.draftAndPublish,
        localized: type.localized,
        fields: type.fields,
        leftOut: type.leftOut,
        suggested: suggestMapping(type),
      })),
      locales: await getEntries().locales(),
    } satisfies RuleContentTypes;
  },

  async preview(ctx: KoaContext) {
    const rule = await stored(readId(ctx));
    ctx.body = await preview(ctx, rule, readBody(ctx, rulePreviewSchema));
  },

  async previewUnsaved(ctx: KoaContext) {
    const { rule, ...which } = readBody(ctx, ruleDraftPreviewSchema);
    ctx.body = await preview(ctx, rule, which);
  },
};

async function preview(
  ctx: KoaContext,
  rule: RuleFields,
  which: { documentId?: string | undefined; locale?: string | undefined },
): Promise<RulePreviewDto> {
  const type = await readableType(ctx, rule.contentType);
  const chosen =
    which.documentId === undefined
      ? await getEntries().newest(type.uid)
      : { documentId: which.documentId, locale: type.localized ? type.defaultLocale : null };
  if (!chosen) return NOTHING_PUBLISHED;
  const locale = type.localized ? (which.locale ?? chosen.locale) : null;
  const entry = await readableEntry(ctx, type, chosen.documentId, locale);
  return previewRule(getContext(), rule, { type, entry, locale });
}

const NOTHING_PUBLISHED: RulePreviewDto = {
  entry: null,
  matches: false,
  language: '',
  subject: '',
  preheader: '',
  body: '',
  html: '',
  link: null,
  notes: ['Nothing of this content type is published yet.'],
};

/** @throws RequestError, Refusal: what can be said before the rule ever fires */
async function refuseUnfit(ctx: KoaContext, fields: RuleFields): Promise<void> {
  const type = await readableType(ctx, fields.contentType);
  // Who may not send may still switch such a rule off.
  if (fields.enabled) refuseWithoutSending(ctx, fields.action);
  const unknown = unknownFields(fields, type);
  if (unknown.length === 0) return;
  throw new RequestError(
    400,
    'unknown-field',
    `${type.name} has no ${unknown.map((path) => `"${path}"`).join(', ')} that a rule can use. Choose other fields.`,
  );
}

async function stored(id: string): Promise<RuleRecord> {
  const rule = await findRule(getContext().knex, id);
  if (!rule) throw notFound('rule', id);
  return rule;
}

async function dto(id: string): Promise<RuleDto> {
  const [only] = await dtos([await stored(id)]);
  return only!;
}

async function dtos(rules: readonly RuleRecord[]): Promise<RuleDto[]> {
  const { knex } = getContext();
  const fired = await lastFirings(
    knex,
    rules.map(({ documentId }) => documentId),
  );
  const types = new Map<string, EntryType | null>();
  const answer: RuleDto[] = [];
  for (const rule of rules) {
    if (!types.has(rule.contentType)) types.set(rule.contentType, await getEntries().type(rule.contentType));
    const { createdAt, updatedAt, ...fields } = rule;
    answer.push({
      ...fields,
      problems: await ruleProblems(getContext(), rule, types.get(rule.contentType)!),
      lastFiredAt: isoTime(fired.get(rule.documentId)),
      createdAt: isoTime(createdAt)!,
      updatedAt: isoTime(updatedAt)!,
    });
  }
  return answer;
}

const one = '/rules/:id';
const read = requires('rulesRead');
const edit = requires('rulesEdit');

export const rules: HttpModule = {
  name: 'rules',
  controller: guarded({ ...resource, ...activity, ...entries }),
  admin: [
    { method: 'GET', path: '/rules', handler: 'rules.find', config: read },
    { method: 'POST', path: '/rules', handler: 'rules.create', config: edit },
    { method: 'GET', path: '/rules/content-types', handler: 'rules.contentTypes', config: read },
    { method: 'POST', path: '/rules/preview', handler: 'rules.previewUnsaved', config: read },
    // Before `:id`, which would take their paths.
    ...activityRoutes,
    ...entryRoutes,
    { method: 'GET', path: one, handler: 'rules.findOne', config: read },
    { method: 'PUT', path: one, handler: 'rules.update', config: edit },
    { method: 'DELETE', path: one, handler: 'rules.delete', config: edit },
    { method: 'POST', path: `${one}/preview`, handler: 'rules.preview', config: read },
  ],
};
