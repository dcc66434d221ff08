import { rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { Context as KoaContext } from 'koa';
import { emailKey } from '../../../../shared/address';
import {
  suppressionAddSchema,
  suppressionLiftSchema,
  suppressionQuerySchema,
  type Keyed,
  type SuppressionDetail,
  type SuppressionDto,
} from '../../../../shared/contracts';
import { getContext } from '../../app';
import { addSuppression, exportSuppressions, importSuppressions, liftByHand } from '../../audience';
import {
  campaignNames,
  countSuppressions,
  findFeedback,
  pageSuppressions,
  readSuppressions,
  suppressionHistory,
  withAddresses,
  type KnownSuppression,
  type SuppressionCursor,
  type SuppressionFilter,
} from '../../storage';
import { requires, type HttpModule } from '../module';
import { nameOf } from './admin-name';
import { csvAttachment } from './csv-answer';
import { guarded } from './errors';
import { feedbackDtos } from './feedback-dto';
import { notFound, RequestError } from './request-error';
import { readBody, readQuery } from './validate';

const MAX_FILE = 10 * 1024 * 1024;

/** Whom to export: the filter of the list, without its page. */
export const exportQuerySchema = suppressionQuerySchema.omit({ after: true, limit: true });

export const suppressions: HttpModule = {
  name: 'suppressions',
  controller: guarded({
    async find(ctx) {
      const { after, limit, ...query } = readQuery(ctx, suppressionQuerySchema);
      const rows = await pageSuppressions(getContext().knex, filterOf(query), cursorOf(after), limit + 1);
      const last = rows.length > limit ? rows[limit - 1]! : null;
      const answer: Keyed<SuppressionDto> = {
        results: await dtos(rows.slice(0, limit)),
        next: last && `${last.since}.${last.addressHash}`,
      };
      ctx.body = answer;
    },

    async counts(ctx) {
      ctx.body = await countSuppressions(getContext().knex);
    },

    async findOne(ctx) {
      const { knex } = getContext();
      const hash = hashOf(ctx);
      const entry = (await readSuppressions(knex, [hash])).get(hash) ?? null;
      const history = await suppressionHistory(knex, hash);
      if (!entry && history.length === 0) throw notFound('suppression', hash);
      const proof = entry?.feedbackId ?? history[0]?.feedbackId ?? null;
      const evidence = proof === null ? null : await findFeedback(knex, proof);
      const answer: SuppressionDetail = {
        entry: entry && (await dtos(await withAddresses(knex, [entry])))[0]!,
        history: history.map((past) => ({
          reason: past.reason,
          detail: past.detail,
          since: iso(past.since),
          feedback: past.feedbackId,
          addedBy: past.addedBy,
          endedAt: iso(past.endedAt),
          endedAs: past.endedAs,
          endedBy: past.endedBy,
          note: past.note,
        })),
        evidence: evidence && (await feedbackDtos(knex, [evidence]))[0]!,
      };
      ctx.body = answer;
    },

    async create(ctx) {
      const added = await addSuppression(getContext(), readBody(ctx, suppressionAddSchema), nameOf(ctx));
      ctx.status = 201;
      ctx.body = { added: added ? 1 : 0 };
    },

    async lift(ctx) {
      const { ids, note } = readBody(ctx, suppressionLiftSchema);
      ctx.body = { lifted: await liftByHand(getContext(), ids, { by: nameOf(ctx), note }) };
    },

    async import(ctx) {
      const files = uploadedFiles(ctx);
      try {
        const [file, ...others] = files;
        if (!file || others.length > 0)
          throw new RequestError(
            400,
            'one-file',
            'Send one file, as multipart/form-data in the field "file".',
          );
        if (file.size > MAX_FILE)
          throw new RequestError(400, 'too-large', 'A file of suppressed addresses has 10 MiB at most.');
        ctx.body = await importSuppressions(getContext(), file.filepath, nameOf(ctx));
      } finally {
        // Strapi itself only removes files of the field "files", and only after an answer of 2xx.
        await Promise.all(files.map(({ filepath }) => rm(filepath, { force: true })));
      }
    },

    export(ctx) {
      const filter = filterOf(readQuery(ctx, exportQuerySchema));
      csvAttachment(ctx, `suppressions-${new Date().toISOString().slice(0, 10)}.csv`);
      ctx.body = Readable.from(exportSuppressions(getContext(), filter));
    },
  }),
  admin: [
    {
      method: 'GET',
      path: '/suppressions',
      handler: 'suppressions.find',
      config: requires('deliverabilityRead', 'subscribersRead'),
    },
    {
      method: 'GET',
      path: '/suppressions/counts',
      handler: 'suppressions.counts',
      config: requires('deliverabilityRead'),
    },
    {
      method: 'GET',
      path: '/suppressions/export',
      handler: 'suppressions.export',
      config: requires('deliverabilityRead', 'subscribersRead', 'subscribersExport'),
    },
    {
      method: 'POST',
      path: '/suppressions',
      handler: 'suppressions.create',
      config: requires('suppressionsEdit'),
    },
    {
      method: 'POST',
      path: '/suppressions/lift',
      handler: 'suppressions.lift',
      config: requires('suppressionsEdit'),
    },
    {
      method: 'POST',
      path: '/suppressions/import',
      handler: 'suppressions.import',
      config: requires('suppressionsEdit'),
    },
    {
      method: 'GET',
      path: '/suppressions/:id',
      handler: 'suppressions.findOne',
      config: requires('deliverabilityRead', 'subscribersRead'),
    },
  ],
};

/** A whole address is looked up by its hash, so that those are found whom nobody knows any more. */
function filterOf({ search, reason }: { search?: string | undefined; reason?: SuppressionFilter['reason'] }) {
  const key = search ? emailKey(search) : null;
  if (key !== null) return { reason, addressHash: getContext().tokens.addressHash(key) };
  return { reason, search: search || undefined };
}

function cursorOf(after: string | undefined): SuppressionCursor | null {
  if (after === undefined) return null;
  const found = /^(\d{1,15})\.([0-9a-f]{32})$/.exec(after);
  if (!found) throw new RequestError(400, 'wrong-cursor', '"after" must be the "next" of the answer before.');
  return { since: Number(found[1]), addressHash: found[2]! };
}

async function dtos(rows: readonly KnownSuppression[]): Promise<SuppressionDto[]> {
  const campaigns = await campaignNames(
    getContext().knex,
    rows.map(({ campaignId }) => campaignId),
  );
  return rows.map((row) => ({
    id: row.addressHash,
    email: row.email,
    subscriber: row.subscriberId,
    reason: row.reason,
    detail: row.detail,
    since: iso(row.since),
    campaign: campaigns.get(row.campaignId ?? '') ?? null,
    feedback: row.feedbackId,
    addedBy: row.addedBy,
  }));
}

function hashOf(ctx: KoaContext): string {
  const { id = '' } = (ctx as KoaContext & { params: { id?: string } }).params;
  if (!/^[0-9a-f]{32}$/.test(id)) throw notFound('suppression', id.slice(0, 64));
  return id;
}

interface UploadedFile {
  filepath: string;
  size: number;
}

function uploadedFiles(ctx: KoaContext): UploadedFile[] {
  const { files } = ctx.request as { files?: Record<string, UploadedFile | UploadedFile[]> };
  return Object.values(files ?? {}).flat();
}

const iso = (at: number) => new Date(at).toISOString();
