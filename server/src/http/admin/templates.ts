import { z } from 'zod';
import {
  pageQuerySchema,
  templateInputSchema,
  type AttributeDeclaration,
  type TemplateDto,
  type TemplateProblem,
} from '../../../../shared/contracts';
import { getContext } from '../../app';
import { checkTemplates, compileCampaign, SAMPLE_LINKS, samplePerson, TemplateErrors } from '../../compose';
import { loadSettings } from '../../settings';
import {
  deleteTemplate,
  draftsWithTemplate,
  findTemplateById,
  insertTemplate,
  pageTemplates,
  updateTemplate,
} from '../../storage';
import { requires, type HttpModule } from '../module';
import { defined } from './defined';
import { guarded } from './errors';
import { paged } from './paged';
import { notFound, RequestError } from './request-error';
import { sampleSnapshot } from './template-sample';
import { readBody, readId, readQuery } from './validate';

export const querySchema = pageQuerySchema.extend({ search: z.string().max(200).optional() });
export const previewSchema = z.strictObject({ html: z.string().max(1_048_576) });

export const templates: HttpModule = {
  name: 'templates',
  controller: guarded({
    async find(ctx) {
      const query = readQuery(ctx, querySchema);
      const { rows, total } = await pageTemplates(getContext().knex, query);
      ctx.body = paged(rows, total, query);
    },

    async findOne(ctx) {
      ctx.body = await dto(readId(ctx));
    },

    async create(ctx) {
      const input = readBody(ctx, templateInputSchema);
      await refuseBroken(input.html);
      const fields = { name: input.name, html: input.html, isDefault: input.isDefault ?? false };
      const id = await insertTemplate(getContext().knex, fields);
      ctx.status = 201;
      ctx.body = await dto(id);
    },

    async update(ctx) {
      const id = readId(ctx);
      const fields = defined(readBody(ctx, templateInputSchema.partial()));
      if (fields.html !== undefined) await refuseBroken(fields.html);
      if (!(await updateTemplate(getContext().knex, id, fields))) throw notFound('template', id);
      ctx.body = await dto(id);
    },

    async delete(ctx) {
      const { knex } = getContext();
      const id = readId(ctx);
      const [draft, ...others] = await draftsWithTemplate(knex, id);
      if (draft !== undefined) {
        const more = others.length > 0 ? ` and ${others.length} more` : '';
        throw new RequestError(
          409,
          'template-in-use',
          `The draft "${draft}"${more} uses this template. Choose another template there, then delete this one.`,
        );
      }
      if (!(await deleteTemplate(knex, id))) throw notFound('template', id);
      ctx.status = 204;
    },

    async preview(ctx) {
      const { html } = readBody(ctx, previewSchema);
      const letter = await sample(html);
      const [problem] = checkTemplates(letter.snapshot, letter.attributes);
      ctx.body = problem ? { html: '', error: problem } : { html: render(letter), error: null };
    },
  }),
  admin: [
    { method: 'GET', path: '/templates', handler: 'templates.find', config: requires('templatesRead') },
    { method: 'POST', path: '/templates', handler: 'templates.create', config: requires('templatesEdit') },
    // Changes nothing: whoever may read templates may look at one.
    {
      method: 'POST',
      path: '/templates/preview',
      handler: 'templates.preview',
      config: requires('templatesRead'),
    },
    {
      method: 'GET',
      path: '/templates/:id',
      handler: 'templates.findOne',
      config: requires('templatesRead'),
    },
    { method: 'PUT', path: '/templates/:id', handler: 'templates.update', config: requires('templatesEdit') },
    {
      method: 'DELETE',
      path: '/templates/:id',
      handler: 'templates.delete',
      config: requires('templatesEdit'),
    },
  ],
};

async function dto(id: string): Promise<TemplateDto> {
  const template = await findTemplateById(getContext().knex, id);
  if (!template) throw notFound('template', id);
  return template;
}

interface Sample {
  snapshot: ReturnType<typeof sampleSnapshot>;
  attributes: readonly AttributeDeclaration[];
}

async function sample(html: string): Promise<Sample> {
  const { knex, publicUrl } = getContext();
  const { brand, attributes } = await loadSettings(knex);
  return { snapshot: sampleSnapshot(html, brand, publicUrl), attributes };
}

/** A template that cannot be parsed would block every campaign that uses it. */
async function refuseBroken(html: string): Promise<void> {
  const { snapshot, attributes } = await sample(html);
  const problems: TemplateProblem[] = checkTemplates(snapshot, attributes);
  if (problems.length > 0) throw new TemplateErrors(problems);
}

function render({ snapshot, attributes }: Sample): string {
  const compiled = compileCampaign(snapshot, new Map());
  const content = compiled.contentFor('a', snapshot.defaultLanguage);
  return compiled.render(content, samplePerson('en', attributes), SAMPLE_LINKS).html;
}
