import type {
  Paged,
  RuleGroup,
  SegmentCount,
  SegmentDto,
  SegmentFields,
  SegmentInput,
} from '../../../shared/contracts';
import { newsletterApi, path } from './client';

export interface SegmentListQuery {
  page?: number;
  pageSize?: number;
  search?: string;
}

const STALE = ['NewsletterSegment', 'NewsletterAudienceCount', 'NewsletterSubscriber'] as const;

const segmentsApi = newsletterApi.injectEndpoints({
  endpoints: (build) => ({
    newsletterGetSegments: build.query<Paged<SegmentDto>, SegmentListQuery>({
      query: (query) => ({ url: path('segments', { ...query }) }),
      providesTags: ['NewsletterSegment'],
    }),
    newsletterGetSegment: build.query<SegmentDto, string>({
      query: (id) => ({ url: path(`segments/${id}`) }),
      providesTags: ['NewsletterSegment'],
    }),
    newsletterGetSegmentFields: build.query<SegmentFields, void>({
      query: () => ({ url: path('segments/fields') }),
      providesTags: ['NewsletterList', 'NewsletterCampaignList', 'NewsletterSettings'],
    }),
    newsletterGetSegmentLinks: build.query<string[], string>({
      query: (campaign) => ({ url: path('segments/links', { campaign }) }),
    }),
    /** People come and go: counted anew whenever it is looked at. */
    newsletterGetSegmentCount: build.query<SegmentCount, string>({
      query: (id) => ({ url: path(`segments/${id}/count`) }),
      providesTags: ['NewsletterSegment', 'NewsletterSubscriber'],
      keepUnusedDataFor: 0,
    }),
    newsletterCountRules: build.query<SegmentCount, RuleGroup>({
      query: (rules) => ({ url: path('segments/count'), method: 'POST', data: { rules } }),
      keepUnusedDataFor: 0,
    }),
    newsletterCreateSegment: build.mutation<SegmentDto, SegmentInput>({
      query: (data) => ({ url: path('segments'), method: 'POST', data }),
      invalidatesTags: [...STALE],
    }),
    newsletterUpdateSegment: build.mutation<SegmentDto, { id: string; data: Partial<SegmentInput> }>({
      query: ({ id, data }) => ({ url: path(`segments/${id}`), method: 'PUT', data }),
      invalidatesTags: [...STALE],
    }),
    newsletterDeleteSegment: build.mutation<void, string>({
      query: (id) => ({ url: path(`segments/${id}`), method: 'DELETE' }),
      invalidatesTags: [...STALE],
    }),
  }),
});

export const {
  useNewsletterGetSegmentsQuery: useGetSegmentsQuery,
  useNewsletterGetSegmentQuery: useGetSegmentQuery,
  useNewsletterGetSegmentFieldsQuery: useGetSegmentFieldsQuery,
  useNewsletterGetSegmentLinksQuery: useGetSegmentLinksQuery,
  useNewsletterGetSegmentCountQuery: useGetSegmentCountQuery,
  useNewsletterCountRulesQuery: useCountRulesQuery,
  useNewsletterCreateSegmentMutation: useCreateSegmentMutation,
  useNewsletterUpdateSegmentMutation: useUpdateSegmentMutation,
  useNewsletterDeleteSegmentMutation: useDeleteSegmentMutation,
} = segmentsApi;
