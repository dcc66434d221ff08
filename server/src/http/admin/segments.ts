import type { Context as KoaContext } from 'koa';
import {
  audienceSchema,
  segmentCountSchema,
  segmentInputSchema,
  segmentLinksQuerySchema,
  segmentQuerySchema,
  type SegmentDto,
  type SegmentFields,
} from '../../../../shared/contracts';
import { getContext } from '../../app';
import { countPeople, readableSegment, segmentProblems } from '../../audience';
import {
  audiencesIn,
  deleteSegment,
  findSegment,
  insertSegment,
  jsonValue,
  nameable,
  pageSegments,
  readLinks,
  ruleAudiences,
  updateSegment,
  type SegmentRow,
} from '../../storage';
import { loadSettings } from '../../settings';
import { requires, type HttpModule } from '../module';
import { defined } from './defined';
import { guarded } from './errors';
import { paged } from './paged';
import { notFound, RequestError } from './request-error';
import { readBody, readId, readQuery } from './validate';

/** States of campaigns that would still look for the segment: later ones have a copy of its rules. */
const USING = ['draft', 'scheduled'] as const;

export const segments: HttpModule = {
  name: 'segments',
  controller: guarded({
    async find(ctx) {
      const { knex } = getContext();
      const query = readQuery(ctx, segmentQuerySchema);
      const { rows, total } = await pageSegments(knex, query);
      ctx.body = paged(await dtos(rows), total, query);
    },

    async findOne(ctx) {
      ctx.body = await dto(readId(ctx));
    },

    async create(ctx) {
      const { name, description, rules } = readBody(ctx, segmentInputSchema);
      const id = await insertSegment(getContext().knex, { name, description: description ?? null, rules });
      ctx.status = 201;
      ctx.body = await dto(id);
    },

    async update(ctx) {
      const id = readId(ctx);
      const fields = defined(readBody(ctx, segmentInputSchema.partial()));
      if (!(await updateSegment(getContext().knex, id, fields))) throw notFound('segment', id);
      ctx.body = await dto(id);
    },

    async delete(ctx) {
      const { knex } = getContext();
      const id = readId(ctx);
      const used = (await audiencesIn(knex, USING)).find(({ audience }) => names(audience, id));
      if (used) {
        throw new RequestError(
          409,
          'segment-in-use',
          `The campaign "${used.name}" is to be sent to or without this segment. Take it out of the campaign's audience first, or delete the campaign.`,
        );
      }
      const rule = (await ruleAudiences(knex)).find(({ audience }) => names(audience, id));
      if (rule) {
        throw new RequestError(
          409,
          'segment-in-use',
          `The publish rule "${rule.name}" sends to or without this segment. Choose another audience in the rule first, or delete the rule.`,
        );
      }
      if (!(await deleteSegment(knex, id))) throw notFound('segment', id);
      ctx.status = 204;
    },

    async fields(ctx) {
      const { knex } = getContext();
      const { attributes } = await loadSettings(knex);
      const fields: SegmentFields = { attributes, ...(await nameable(knex)) };
      ctx.body = fields;
    },

    async links(ctx) {
      const { campaign } = readQuery(ctx, segmentLinksQuerySchema);
      ctx.body = [...(await readLinks(getContext().knex, campaign)).keys()];
    },

    async countOne(ctx) {
      const { rules } = await readableSegment(getContext().knex, readId(ctx));
      ctx.body = await countPeople(getContext(), rules, stillWaiting(ctx));
    },

    async count(ctx) {
      const { rules } = readBody(ctx, segmentCountSchema);
      ctx.body = await countPeople(getContext(), rules, stillWaiting(ctx));
    },
  }),
  admin: [
    { method: 'GET', path: '/segments', handler: 'segments.find', config: requires('segmentsRead') },
    // Before `/segments/:id`, which would take their paths for ids.
    { method: 'GET', path: '/segments/fields', handler: 'segments.fields', config: requires('segmentsRead') },
    { method: 'GET', path: '/segments/links', handler: 'segments.links', config: requires('segmentsRead') },
    { method: 'GET', path: '/segments/:id', handler: 'segments.findOne', config: requires('segmentsRead') },
    {
      method: 'GET',
      path: '/segments/:id/count',
      handler: 'segments.countOne',
      config: requires('segmentsRead'),
    },
    // Rules of one's own can be made to ask about a single person: for those who may build segments anyway.
    { method: 'POST', path: '/segments/count', handler: 'segments.count', config: requires('segmentsEdit') },
    { method: 'POST', path: '/segments', handler: 'segments.create', config: requires('segmentsEdit') },
    { method: 'PUT', path: '/segments/:id', handler: 'segments.update', config: requires('segmentsEdit') },
    { method: 'DELETE', path: '/segments/:id', handler: 'segments.delete', config: requires('segmentsEdit') },
  ],
};

async function dto(id: string): Promise<SegmentDto> {
  const row = await findSegment(getContext().knex, id);
  const [segment] = row ? await dtos([row]) : [];
  if (!segment) throw notFound('segment', id);
  return segment;
}

async function dtos(rows: SegmentRow[]): Promise<SegmentDto[]> {
  const problems = await segmentProblems(getContext().knex, rows);
  return rows.map((row) => ({ ...row, problems: problems.get(row.documentId) ?? [] }));
}

function names(audience: unknown, segmentId: string): boolean {
  const { include, exclude } = audienceSchema.parse(jsonValue(audience, {}));
  return [...include.segments, ...exclude.segments].includes(segmentId);
}

/** The panel aborts a count whose rules have changed since. */
const stillWaiting = (ctx: KoaContext) => () => !ctx.req.socket.destroyed;
