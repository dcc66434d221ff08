import type {
  DeliverabilityDto,
  DeliverabilityQuery,
  FeedbackCounts,
  FeedbackDecision,
  FeedbackDto,
  FeedbackQuery,
  FeedbackSourceDto,
  Keyed,
  SuppressionAdd,
  SuppressionCounts,
  SuppressionDetail,
  SuppressionDto,
  SuppressionImportResult,
  SuppressionLift,
  SuppressionQuery,
} from '../../../shared/contracts';
import { newsletterApi, path } from './client';

type Query = Record<string, string | number | boolean | null | undefined>;

/** Who is suppressed, or not any more, changes what the lists of people and the audience of drafts show. */
const STALE = [
  'NewsletterSuppression',
  'NewsletterSubscriber',
  'NewsletterAudienceCount',
  'NewsletterOverview',
] as const;

const deliverabilityApi = newsletterApi.injectEndpoints({
  endpoints: (build) => ({
    newsletterGetDeliverability: build.query<DeliverabilityDto, DeliverabilityQuery>({
      query: (query) => ({ url: path('deliverability', query as Query) }),
    }),
    newsletterGetSuppressions: build.query<Keyed<SuppressionDto>, SuppressionQuery>({
      query: (query) => ({ url: path('suppressions', query as Query) }),
      providesTags: ['NewsletterSuppression'],
    }),
    newsletterGetSuppressionCounts: build.query<SuppressionCounts, void>({
      query: () => ({ url: path('suppressions/counts') }),
      providesTags: ['NewsletterSuppression'],
    }),
    newsletterGetSuppression: build.query<SuppressionDetail, string>({
      query: (id) => ({ url: path(`suppressions/${id}`) }),
      providesTags: ['NewsletterSuppression'],
    }),
    newsletterAddSuppression: build.mutation<{ added: number }, SuppressionAdd>({
      query: (data) => ({ url: path('suppressions'), method: 'POST', data }),
      invalidatesTags: [...STALE],
    }),
    newsletterLiftSuppressions: build.mutation<{ lifted: number }, SuppressionLift>({
      query: (data) => ({ url: path('suppressions/lift'), method: 'POST', data }),
      invalidatesTags: [...STALE],
    }),
    newsletterImportSuppressions: build.mutation<SuppressionImportResult, File>({
      query: (file) => {
        const data = new FormData();
        data.append('file', file, file.name);
        return { url: path('suppressions/import'), method: 'POST', data };
      },
      invalidatesTags: [...STALE],
    }),
    newsletterGetFeedback: build.query<Keyed<FeedbackDto>, FeedbackQuery>({
      query: (query) => ({ url: path('feedback', query as Query) }),
      providesTags: ['NewsletterFeedback'],
    }),
    newsletterGetFeedbackCounts: build.query<FeedbackCounts, void>({
      query: () => ({ url: path('feedback/counts') }),
      providesTags: ['NewsletterFeedback'],
    }),
    newsletterGetOneFeedback: build.query<FeedbackDto, number>({
      query: (id) => ({ url: path(`feedback/${id}`) }),
      providesTags: ['NewsletterFeedback'],
    }),
    newsletterDecideFeedback: build.mutation<
      { done: number; left: number },
      { action: 'release' | 'discard'; data: FeedbackDecision }
    >({
      query: ({ action, data }) => ({ url: path(`feedback/${action}`), method: 'POST', data }),
      invalidatesTags: ['NewsletterFeedback', ...STALE],
    }),
    newsletterGetFeedbackSources: build.query<FeedbackSourceDto[], void>({
      query: () => ({ url: path('feedback/sources') }),
    }),
  }),
});

export const {
  useNewsletterGetDeliverabilityQuery: useGetDeliverabilityQuery,
  useNewsletterGetSuppressionsQuery: useGetSuppressionsQuery,
  useNewsletterGetSuppressionCountsQuery: useGetSuppressionCountsQuery,
  useNewsletterGetSuppressionQuery: useGetSuppressionQuery,
  useNewsletterAddSuppressionMutation: useAddSuppressionMutation,
  useNewsletterLiftSuppressionsMutation: useLiftSuppressionsMutation,
  useNewsletterImportSuppressionsMutation: useImportSuppressionsMutation,
  useNewsletterGetFeedbackQuery: useGetFeedbackQuery,
  useNewsletterGetFeedbackCountsQuery: useGetFeedbackCountsQuery,
  useNewsletterGetOneFeedbackQuery: useGetOneFeedbackQuery,
  useNewsletterDecideFeedbackMutation: useDecideFeedbackMutation,
  useNewsletterGetFeedbackSourcesQuery: useGetFeedbackSourcesQuery,
} = deliverabilityApi;
