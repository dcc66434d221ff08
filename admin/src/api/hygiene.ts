import type {
  HygieneAct,
  HygieneFindings,
  HygieneKind,
  HygieneRunDto,
  HygieneStart,
  Paged,
  SunsetDto,
} from '../../../shared/contracts';
import { newsletterApi, path } from './client';

/** What a decision changes beside the check: people, lists, segments, suppressions, the audience of drafts. */
const STALE = [
  'NewsletterHygiene',
  'NewsletterSubscriber',
  'NewsletterList',
  'NewsletterSegment',
  'NewsletterSuppression',
  'NewsletterAudienceCount',
  'NewsletterOverview',
  'NewsletterSettings',
] as const;

const hygieneApi = newsletterApi.injectEndpoints({
  endpoints: (build) => ({
    newsletterGetChecks: build.query<Paged<HygieneRunDto>, { page: number; pageSize: number }>({
      query: (query) => ({ url: path('hygiene', query) }),
      providesTags: ['NewsletterHygiene'],
    }),
    newsletterGetCheck: build.query<HygieneRunDto, string>({
      query: (id) => ({ url: path(`hygiene/${id}`) }),
      providesTags: ['NewsletterHygiene'],
    }),
    newsletterGetFindings: build.query<HygieneFindings, { id: string; kind: HygieneKind; after: number }>({
      query: ({ id, ...query }) => ({ url: path(`hygiene/${id}/findings`, query) }),
      providesTags: ['NewsletterHygiene'],
    }),
    newsletterGetSunset: build.query<SunsetDto, void>({
      query: () => ({ url: path('hygiene/sunset') }),
      providesTags: ['NewsletterHygiene', 'NewsletterSettings'],
    }),
    newsletterStartCheck: build.mutation<HygieneRunDto, HygieneStart>({
      query: (data) => ({ url: path('hygiene'), method: 'POST', data }),
      invalidatesTags: ['NewsletterHygiene'],
    }),
    newsletterCancelCheck: build.mutation<HygieneRunDto, string>({
      query: (id) => ({ url: path(`hygiene/${id}/cancel`), method: 'POST', data: {} }),
      invalidatesTags: ['NewsletterHygiene'],
    }),
    newsletterDeleteCheck: build.mutation<void, string>({
      query: (id) => ({ url: path(`hygiene/${id}`), method: 'DELETE' }),
      invalidatesTags: ['NewsletterHygiene'],
    }),
    newsletterActOnFindings: build.mutation<HygieneRunDto, { id: string; data: HygieneAct }>({
      query: ({ id, data }) => ({ url: path(`hygiene/${id}/act`), method: 'POST', data }),
      invalidatesTags: ['NewsletterHygiene'],
    }),
  }),
});

/** Once a check, or what was decided about it, has ended, whatever shows people is stale. */
export const checkEnded = () => newsletterApi.util.invalidateTags([...STALE]);

export const {
  useNewsletterGetChecksQuery: useGetChecksQuery,
  useNewsletterGetCheckQuery: useGetCheckQuery,
  useNewsletterGetFindingsQuery: useGetFindingsQuery,
  useNewsletterGetSunsetQuery: useGetSunsetQuery,
  useNewsletterStartCheckMutation: useStartCheckMutation,
  useNewsletterCancelCheckMutation: useCancelCheckMutation,
  useNewsletterDeleteCheckMutation: useDeleteCheckMutation,
  useNewsletterActOnFindingsMutation: useActOnFindingsMutation,
} = hygieneApi;
