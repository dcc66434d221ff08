import { rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { stringify } from 'csv-stringify/sync';
import type { Context as KoaContext } from 'koa';
import {
  importAddressesSchema,
  importProblemsQuerySchema,
  importQuerySchema,
  importReadingSchema,
  importStartSchema,
  type ImportProblem,
  type PageLanguage,
} from '../../../../shared/contracts';
import { getContext, getImportRunner } from '../../app';
import {
  beginImport,
  cancelImport,
  changeReading,
  createImport,
  importDetail,
  importDto,
  previewAddresses,
  problemSentence,
  removeImport,
  REPORT_COLUMNS,
  safeCell,
} from '../../audience';
import type { Context } from '../../context';
import {
  countProblems,
  findImport,
  pageImports,
  readProblems,
  type ImportRow,
  type StoredProblem,
} from '../../storage';
import { requires, type HttpModule, type Route } from '../module';
import { nameOf } from './admin-name';
import { csvAttachment } from './csv-answer';
import { guarded } from './errors';
import { paged } from './paged';
import { notFound, RequestError } from './request-error';
import { refuseWithout } from './rights';
import { readBody, readId, readQuery } from './validate';

export const imports: HttpModule = {
  name: 'imports',
  controller: guarded({
    async create(ctx) {
      const files = uploadedFiles(ctx);
      try {
        const [file, ...others] = files;
        if (!file || others.length > 0)
          throw new RequestError(
            400,
            'one-file',
            'Send one file, as multipart/form-data in the field "files".',
          );
        const name = file.originalFilename ?? 'import.csv';
        ctx.body = await createImport(getContext(), { path: file.filepath, name, by: nameOf(ctx) });
        ctx.status = 201;
      } finally {
        // Strapi itself only removes files of the field "files", and only after an answer of 2xx.
        await Promise.all(files.map(({ filepath }) => rm(filepath, { force: true })));
      }
    },

    async find(ctx) {
      const query = readQuery(ctx, importQuerySchema);
      const { rows, total } = await pageImports(getContext().knex, query);
      ctx.body = paged(rows.map(importDto), total, query);
    },

    async findOne(ctx) {
      ctx.body = await importDetail(getContext(), readId(ctx));
    },

    async update(ctx) {
      ctx.body = await changeReading(getContext(), readId(ctx), readBody(ctx, importReadingSchema));
    },

    async addresses(ctx) {
      ctx.body = await previewAddresses(getContext(), readId(ctx), readBody(ctx, importAddressesSchema));
    },

    async start(ctx) {
      const options = readBody(ctx, importStartSchema);
      // Declaring attributes changes the settings of all.
      if (options.columns.some(({ to }) => to === 'newAttribute')) refuseWithout(ctx, 'settingsEdit');
      ctx.body = await beginImport(getContext(), readId(ctx), options);
      getImportRunner()?.nudge();
    },

    async cancel(ctx) {
      ctx.body = await cancelImport(getContext(), readId(ctx));
    },

    async delete(ctx) {
      await removeImport(getContext(), readId(ctx));
      ctx.status = 204;
    },

    async problems(ctx) {
      const { language, ...page } = readQuery(ctx, importProblemsQuerySchema);
      const { knex } = getContext();
      const { id } = await existing(readId(ctx));
      const found = await readProblems(knex, id, {
        limit: page.pageSize,
        offset: (page.page - 1) * page.pageSize,
      });
      const results = found.map((problem): ImportProblem => {
        const { line, column, value, code } = problem;
        return { line, column, value, code, sentence: problemSentence(problem, language) };
      });
      ctx.body = paged(results, await countProblems(knex, id), page);
    },

    async report(ctx) {
      const { language } = readQuery(ctx, importProblemsQuerySchema);
      const { id, fileName } = await existing(readId(ctx));
      csvAttachment(ctx, `problems-${fileName.replace(/\.[^.]*$/, '')}.csv`);
      ctx.body = Readable.from(reportLines(getContext(), id, language));
    },
  }),
  admin: routes(),
};

function routes(): Route[] {
  const route = (method: Route['method'], path: string, handler: string): Route => ({
    method,
    path: `/imports${path}`,
    handler: `imports.${handler}`,
    config: requires('subscribersImport'),
  });
  return [
    route('GET', '', 'find'),
    route('POST', '', 'create'),
    route('GET', '/:id', 'findOne'),
    route('PUT', '/:id', 'update'),
    route('DELETE', '/:id', 'delete'),
    route('POST', '/:id/addresses', 'addresses'),
    route('POST', '/:id/start', 'start'),
    route('POST', '/:id/cancel', 'cancel'),
    route('GET', '/:id/errors', 'problems'),
    route('GET', '/:id/errors.csv', 'report'),
  ];
}

async function existing(id: string): Promise<ImportRow> {
  const found = await findImport(getContext().knex, id);
  if (!found) throw notFound('import', id);
  return found;
}

const PAGE = 1000;

async function* reportLines(ctx: Context, id: string, language: PageLanguage): AsyncGenerator<string> {
  yield '\uFEFF' + stringify([REPORT_COLUMNS[language]]);
  let afterId = 0;
  for (;;) {
    const page = await readProblems(ctx.knex, id, { afterId, limit: PAGE });
    const last = page.at(-1);
    if (!last) return;
    yield stringify(page.map((problem) => reportRow(problem, language)));
    afterId = last.id;
  }
}

function reportRow(problem: StoredProblem, language: PageLanguage): (string | number)[] {
  const { line, column, value } = problem;
  return [line, safeCell(column ?? ''), safeCell(value ?? ''), safeCell(problemSentence(problem, language))];
}

interface UploadedFile {
  filepath: string;
  originalFilename: string | null;
}

/** Whatever fields the files came in. */
function uploadedFiles(ctx: KoaContext): UploadedFile[] {
  const { files } = ctx.request as { files?: Record<string, UploadedFile | UploadedFile[]> };
  return Object.values(files ?? {}).flat();
}
