import { Readable } from 'node:stream';
import {
  hygieneActSchema,
  hygieneExportQuerySchema,
  hygieneFindingsQuerySchema,
  hygieneStartSchema,
  pageQuerySchema,
  type ActionName,
  type HygieneActionName,
  type HygieneFindings,
} from '../../../../shared/contracts';
import { getContext, getHygieneRunner } from '../../app';
import {
  actOn,
  cancelCheck,
  checkDto,
  findCheck,
  findingLines,
  pageChecks,
  removeCheck,
  startCheck,
  sunsetDto,
} from '../../audience';
import { readFindings } from '../../storage';
import { requires, type HttpModule, type Route } from '../module';
import { nameOf } from './admin-name';
import { csvAttachment } from './csv-answer';
import { guarded } from './errors';
import { paged } from './paged';
import { refuseWithout } from './rights';
import { readBody, readId, readQuery } from './validate';

/** What each action needs beside the right to edit subscribers. */
const RIGHTS: Partial<Record<HygieneActionName, ActionName>> = {
  suppress: 'suppressionsEdit',
  tag: 'segmentsEdit',
};

export const hygiene: HttpModule = {
  name: 'hygiene',
  controller: guarded({
    async find(ctx) {
      const query = readQuery(ctx, pageQuerySchema);
      const { results, total } = await pageChecks(getContext(), query);
      ctx.body = paged(results, total, query);
    },

    async create(ctx) {
      ctx.body = await startCheck(getContext(), readBody(ctx, hygieneStartSchema), nameOf(ctx) ?? '?');
      ctx.status = 201;
      getHygieneRunner()?.nudge();
    },

    async findOne(ctx) {
      ctx.body = await checkDto(getContext(), readId(ctx));
    },

    async cancel(ctx) {
      ctx.body = await cancelCheck(getContext(), readId(ctx));
    },

    async delete(ctx) {
      await removeCheck(getContext(), readId(ctx));
      ctx.status = 204;
    },

    async findings(ctx) {
      const query = readQuery(ctx, hygieneFindingsQuerySchema);
      const { id } = await findCheck(getContext(), readId(ctx));
      const { results, last } = await readFindings(getContext().knex, id, query);
      const answer: HygieneFindings = { results, next: last };
      ctx.body = answer;
    },

    async csv(ctx) {
      const { kind } = readQuery(ctx, hygieneExportQuerySchema);
      const { id } = await findCheck(getContext(), readId(ctx));
      csvAttachment(ctx, `list-check-${kind}.csv`);
      ctx.body = Readable.from(findingLines(getContext(), id, kind));
    },

    async act(ctx) {
      const input = readBody(ctx, hygieneActSchema);
      const right = RIGHTS[input.action.do];
      if (right) refuseWithout(ctx, right);
      ctx.body = await actOn(getContext(), readId(ctx), input, nameOf(ctx) ?? '?');
      getHygieneRunner()?.nudge();
    },

    async sunset(ctx) {
      ctx.body = await sunsetDto(getContext());
    },
  }),
  admin: routes(),
};

function routes(): Route[] {
  const route = (method: Route['method'], path: string, handler: string, ...more: ActionName[]): Route => ({
    method,
    path: `/hygiene${path}`,
    handler: `hygiene.${handler}`,
    config: requires('subscribersRead', ...more),
  });
  return [
    route('GET', '', 'find'),
    route('POST', '', 'create', 'subscribersEdit'),
    // Before `/hygiene/:id`, which would take its path for an id.
    route('GET', '/sunset', 'sunset'),
    route('GET', '/:id', 'findOne'),
    route('DELETE', '/:id', 'delete', 'subscribersEdit'),
    route('POST', '/:id/cancel', 'cancel', 'subscribersEdit'),
    route('GET', '/:id/findings', 'findings'),
    route('GET', '/:id/findings.csv', 'csv', 'subscribersExport'),
    route('POST', '/:id/act', 'act', 'subscribersEdit'),
  ];
}
