import type { Paged, TemplateDto, TemplateInput, TemplateProblem } from '../../../shared/contracts';
import { newsletterApi, path } from './client';

export interface TemplateQuery {
  page?: number;
  pageSize?: number;
  search?: string;
}

/** POST /newsletter/templates/preview */
export interface TemplatePreview {
  html: string;
  /** Set when the Handlebars source has an error; `html` is empty then. */
  error: TemplateProblem | null;
}

const STALE = ['NewsletterTemplate', 'NewsletterPreview'] as const;

const templatesApi = newsletterApi.injectEndpoints({
  endpoints: (build) => ({
    newsletterGetTemplates: build.query<Paged<TemplateDto>, TemplateQuery>({
      query: (query) => ({ url: path('templates', { ...query }) }),
      providesTags: ['NewsletterTemplate'],
    }),
    /** Every template, page by page: a campaign chooses among all of them. */
    newsletterGetAllTemplates: build.query<TemplateDto[], void>({
      async queryFn(_argument, _api, _options, fetchPage) {
        const templates: TemplateDto[] = [];
        for (let page = 1; ; page += 1) {
          const answer = await fetchPage({ url: path('templates', { page, pageSize: 100 }) });
          if (answer.error) return { error: answer.error };
          const { results, pagination } = answer.data as Paged<TemplateDto>;
          templates.push(...results);
          if (page >= pagination.pageCount) return { data: templates };
        }
      },
      providesTags: ['NewsletterTemplate'],
    }),
    newsletterGetTemplate: build.query<TemplateDto, string>({
      query: (id) => ({ url: path(`templates/${id}`) }),
      providesTags: ['NewsletterTemplate'],
    }),
    newsletterCreateTemplate: build.mutation<TemplateDto, TemplateInput>({
      query: (data) => ({ url: path('templates'), method: 'POST', data }),
      invalidatesTags: [...STALE],
    }),
    newsletterUpdateTemplate: build.mutation<TemplateDto, { id: string; data: Partial<TemplateInput> }>({
      query: ({ id, data }) => ({ url: path(`templates/${id}`), method: 'PUT', data }),
      invalidatesTags: [...STALE],
    }),
    newsletterDeleteTemplate: build.mutation<void, string>({
      query: (id) => ({ url: path(`templates/${id}`), method: 'DELETE' }),
      invalidatesTags: [...STALE],
    }),
    /** A query though it POSTs: it changes nothing, and a source of up to 1 MiB does not fit into an address. */
    newsletterPreviewTemplate: build.query<TemplatePreview, { html: string }>({
      query: (data) => ({ url: path('templates/preview'), method: 'POST', data }),
      keepUnusedDataFor: 0,
    }),
  }),
});

export const {
  useNewsletterGetTemplatesQuery: useGetTemplatesQuery,
  useNewsletterGetAllTemplatesQuery: useGetAllTemplatesQuery,
  useNewsletterGetTemplateQuery: useGetTemplateQuery,
  useNewsletterCreateTemplateMutation: useCreateTemplateMutation,
  useNewsletterUpdateTemplateMutation: useUpdateTemplateMutation,
  useNewsletterDeleteTemplateMutation: useDeleteTemplateMutation,
  useNewsletterPreviewTemplateQuery: usePreviewTemplateQuery,
} = templatesApi;
