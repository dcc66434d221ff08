import type {
  ActivityQuery,
  EntryDraftDto,
  EntryDraftInput,
  EntryNewslettersDto,
  EntryStatusDto,
  FiringDto,
  Paged,
  RuleContentTypes,
  RuleDto,
  RuleInput,
  RulePreviewDto,
  RuleQuery,
  SegmentDto,
} from '../../../shared/contracts';
import { newsletterApi, path } from './client';

/** An entry as far as a picker needs it. */
export interface PickableEntry {
  documentId: string;
  locale: string | null;
  title: string;
}

const STALE = ['NewsletterRule', 'NewsletterFiring'] as const;
/** A firing makes or changes a campaign. */
const FIRED = ['NewsletterFiring', 'NewsletterRule', 'NewsletterCampaignList', 'NewsletterOverview'] as const;

export const rulesApi = newsletterApi.injectEndpoints({
  endpoints: (build) => ({
    newsletterGetRules: build.query<Paged<RuleDto>, RuleQuery>({
      query: (query) => ({ url: path('rules', { ...query } as Record<string, string>) }),
      providesTags: ['NewsletterRule'],
    }),
    newsletterGetRule: build.query<RuleDto, string>({
      query: (id) => ({ url: path(`rules/${id}`) }),
      providesTags: ['NewsletterRule'],
    }),
    newsletterCreateRule: build.mutation<RuleDto, RuleInput>({
      query: (data) => ({ url: path('rules'), method: 'POST', data }),
      invalidatesTags: [...STALE],
    }),
    newsletterUpdateRule: build.mutation<RuleDto, { id: string; data: RuleInput }>({
      query: ({ id, data }) => ({ url: path(`rules/${id}`), method: 'PUT', data }),
      invalidatesTags: [...STALE],
    }),
    newsletterDeleteRule: build.mutation<void, string>({
      query: (id) => ({ url: path(`rules/${id}`), method: 'DELETE' }),
      invalidatesTags: [...STALE],
    }),
    newsletterGetRuleContentTypes: build.query<RuleContentTypes, void>({
      query: () => ({ url: path('rules/content-types') }),
      keepUnusedDataFor: 30,
    }),
    /** A query though it POSTs: it changes nothing. */
    newsletterPreviewRule: build.query<
      RulePreviewDto,
      { rule: RuleInput; documentId?: string; locale?: string }
    >({
      query: (data) => ({ url: path('rules/preview'), method: 'POST', data }),
      keepUnusedDataFor: 0,
    }),
    newsletterGetActivity: build.query<Paged<FiringDto>, ActivityQuery>({
      query: (query) => ({ url: path('rules/activity', { ...query } as Record<string, string>) }),
      providesTags: ['NewsletterFiring', 'NewsletterCampaignList'],
    }),
    newsletterReleaseFiring: build.mutation<FiringDto, number>({
      query: (id) => ({ url: path(`rules/activity/${id}/release`), method: 'POST', data: {} }),
      invalidatesTags: [...FIRED],
    }),
    newsletterDismissFiring: build.mutation<FiringDto, number>({
      query: (id) => ({ url: path(`rules/activity/${id}/dismiss`), method: 'POST', data: {} }),
      invalidatesTags: [...FIRED],
    }),
    newsletterGetEntryNewsletters: build.query<EntryNewslettersDto, { uid: string; documentId: string }>({
      query: ({ uid, documentId }) => ({ url: path(`rules/entries/${uid}/${documentId}`) }),
      providesTags: ['NewsletterFiring', 'NewsletterRule', 'NewsletterCampaignList'],
    }),
    newsletterGetEntryStatuses: build.query<EntryStatusDto, { uid: string; documentIds: string[] }>({
      query: (data) => ({ url: path('rules/entries/status'), method: 'POST', data }),
      providesTags: ['NewsletterFiring', 'NewsletterCampaignList'],
    }),
    newsletterDraftEntry: build.mutation<
      EntryDraftDto,
      { uid: string; documentId: string; data: EntryDraftInput }
    >({
      query: ({ uid, documentId, data }) => ({
        url: path(`rules/entries/${uid}/${documentId}/draft`),
        method: 'POST',
        data,
      }),
      invalidatesTags: [...FIRED],
    }),
    /** Published entries of a content type by a search, from Content Manager, with the rights that one has there. */
    newsletterSearchEntries: build.query<
      PickableEntry[],
      { uid: string; search: string; titleField: string }
    >({
      query: ({ uid, search }) => {
        const params = new URLSearchParams({ page: '1', pageSize: '10', sort: 'updatedAt:DESC' });
        if (search !== '') params.set('_q', search);
        return { url: `/content-manager/collection-types/${uid}?${params.toString()}` };
      },
      transformResponse: (answer: { results: Record<string, unknown>[] }, _meta, { titleField }) =>
        answer.results.map((entry) => ({
          documentId: String(entry.documentId),
          locale: typeof entry.locale === 'string' ? entry.locale : null,
          title: String(entry[titleField] ?? entry.documentId),
        })),
      keepUnusedDataFor: 10,
    }),
    /** Every segment, page by page: an audience is chosen among all of them. */
    newsletterGetSegmentChoices: build.query<Pick<SegmentDto, 'documentId' | 'name'>[], void>({
      async queryFn(_argument, _api, _options, fetchPage) {
        const segments: Pick<SegmentDto, 'documentId' | 'name'>[] = [];
        for (let page = 1; ; page += 1) {
          const answer = await fetchPage({ url: path('segments', { page, pageSize: 100 }) });
          if (answer.error) return { error: answer.error };
          const { results, pagination } = answer.data as Paged<SegmentDto>;
          segments.push(...results.map(({ documentId, name }) => ({ documentId, name })));
          if (page >= pagination.pageCount) return { data: segments };
        }
      },
      keepUnusedDataFor: 30,
    }),
  }),
});

export const {
  useNewsletterGetRulesQuery: useGetRulesQuery,
  useNewsletterGetRuleQuery: useGetRuleQuery,
  useNewsletterCreateRuleMutation: useCreateRuleMutation,
  useNewsletterUpdateRuleMutation: useUpdateRuleMutation,
  useNewsletterDeleteRuleMutation: useDeleteRuleMutation,
  useNewsletterGetRuleContentTypesQuery: useGetRuleContentTypesQuery,
  useNewsletterPreviewRuleQuery: usePreviewRuleQuery,
  useNewsletterGetActivityQuery: useGetActivityQuery,
  useNewsletterReleaseFiringMutation: useReleaseFiringMutation,
  useNewsletterDismissFiringMutation: useDismissFiringMutation,
  useNewsletterGetEntryNewslettersQuery: useGetEntryNewslettersQuery,
  useNewsletterGetEntryStatusesQuery: useGetEntryStatusesQuery,
  useNewsletterDraftEntryMutation: useDraftEntryMutation,
  useNewsletterSearchEntriesQuery: useSearchEntriesQuery,
  useNewsletterGetSegmentChoicesQuery: useGetSegmentChoicesQuery,
} = rulesApi;
