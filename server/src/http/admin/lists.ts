import { z } from 'zod';
import { audienceSchema, listInputSchema, pageQuerySchema, type ListDto } from '../../../../shared/contracts';
import { getContext } from '../../app';
import { namesIn } from '../../audience';
import {
  allSegments,
  audiencesIn,
  countSubscriptions,
  deleteList,
  findList,
  insertList,
  jsonValue,
  pageLists,
  ruleAudiences,
  takenSlugs,
  updateList,
  type ListFields,
  type ListRow,
} from '../../storage';
import { requires, type HttpModule } from '../module';
import { defined } from './defined';
import { guarded } from './errors';
import { paged } from './paged';
import { notFound, RequestError } from './request-error';
import { freeSlug } from './slug';
import { readBody, readId, readQuery } from './validate';

export const querySchema = pageQuerySchema.extend({ search: z.string().max(200).optional() });

/** States of campaigns that will still send. */
const LIVE = ['scheduled', 'sending', 'paused'] as const;

export const lists: HttpModule = {
  name: 'lists',
  controller: guarded({
    async find(ctx) {
      const { knex } = getContext();
      const query = readQuery(ctx, querySchema);
      const { rows, total } = await pageLists(knex, query);
      ctx.body = paged(await withCounts(rows), total, query);
    },

    async findOne(ctx) {
      ctx.body = await dto(readId(ctx));
    },

    async create(ctx) {
      const { knex } = getContext();
      const { slug, ...input } = readBody(ctx, listInputSchema);
      const documentId = await insertList(knex, {
        name: input.name,
        slug:
          slug === undefined
            ? await freeSlug(input.name, (start) => takenSlugs(knex, start))
            : await unused(slug),
        description: input.description ?? null,
        public: input.public ?? true,
        optIn: input.optIn ?? 'double',
        isDefault: input.isDefault ?? false,
      });
      ctx.status = 201;
      ctx.body = await dto(documentId);
    },

    async update(ctx) {
      const id = readId(ctx);
      const current = await findList(getContext().knex, id);
      if (!current) throw notFound('list', id);
      const fields: Partial<ListFields> = defined(readBody(ctx, listInputSchema.partial()));
      if (fields.slug !== undefined && fields.slug !== current.slug) await unused(fields.slug);
      await updateList(getContext().knex, id, fields);
      ctx.body = await dto(id);
    },

    async delete(ctx) {
      const { knex } = getContext();
      const id = readId(ctx);
      const used = (await audiencesIn(knex, LIVE)).find(({ audience }) => addresses(audience, id));
      if (used) {
        throw new RequestError(
          409,
          'list-in-use',
          `The campaign "${used.name}" is still being sent to or without this list. Cancel the campaign or wait until it is sent, then delete the list.`,
        );
      }
      const draft = (await audiencesIn(knex, ['draft'])).find(({ audience }) => excludes(audience, id));
      if (draft) {
        throw new RequestError(
          409,
          'list-in-use',
          `The draft "${draft.name}" leaves out the people on this list, and would go to them without it. Take the list out of its audience first, or delete the draft.`,
        );
      }
      const asking = (await allSegments(knex)).find(({ rules }) => rules && namesIn(rules).lists.has(id));
      if (asking) {
        throw new RequestError(
          409,
          'list-in-use',
          `The segment "${asking.name}" asks who is on this list. Take that rule out of the segment first.`,
        );
      }
      const rule = (await ruleAudiences(knex)).find(({ audience }) => addresses(audience, id));
      if (rule) {
        throw new RequestError(
          409,
          'list-in-use',
          `The publish rule "${rule.name}" sends to or without this list. Choose another audience in the rule first, or delete the rule.`,
        );
      }
      if (!(await deleteList(knex, id))) throw notFound('list', id);
      ctx.status = 204;
    },
  }),
  admin: [
    { method: 'GET', path: '/lists', handler: 'lists.find', config: requires('listsRead') },
    { method: 'GET', path: '/lists/:id', handler: 'lists.findOne', config: requires('listsRead') },
    { method: 'POST', path: '/lists', handler: 'lists.create', config: requires('listsEdit') },
    { method: 'PUT', path: '/lists/:id', handler: 'lists.update', config: requires('listsEdit') },
    { method: 'DELETE', path: '/lists/:id', handler: 'lists.delete', config: requires('listsEdit') },
  ],
};

async function dto(id: string): Promise<ListDto> {
  const row = await findList(getContext().knex, id);
  const [list] = row ? await withCounts([row]) : [];
  if (!list) throw notFound('list', id);
  return list;
}

async function withCounts(rows: ListRow[]): Promise<ListDto[]> {
  const counts = await countSubscriptions(
    getContext().knex,
    rows.map((row) => row.documentId),
  );
  return rows.map((row) => ({
    ...row,
    counts: counts.get(row.documentId) ?? { subscribed: 0, pending: 0, unsubscribed: 0 },
  }));
}

async function unused(slug: string): Promise<string> {
  if ((await takenSlugs(getContext().knex, slug)).has(slug)) {
    throw new RequestError(
      409,
      'slug-taken',
      `The slug "${slug}" belongs to another list. Choose a different one.`,
    );
  }
  return slug;
}

function addresses(audience: unknown, listId: string): boolean {
  const { include, exclude } = readAudience(audience);
  return include.lists.includes(listId) || exclude.lists.includes(listId);
}

const excludes = (audience: unknown, listId: string) => readAudience(audience).exclude.lists.includes(listId);

const readAudience = (audience: unknown) => audienceSchema.parse(jsonValue(audience, {}));
