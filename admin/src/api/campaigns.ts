import type {
  AudienceCount,
  CampaignDto,
  CampaignInput,
  CampaignQuery,
  CampaignReport,
  CampaignSummary,
  DeliveryDto,
  DeliveryQuery,
  InDoubtPage,
  InDoubtQuery,
  InDoubtResult,
  ListDto,
  Paged,
  PreflightItem,
  PreviewDto,
  ScheduleInput,
  TestSendInput,
  TestSendResult,
  TimingPlan,
} from '../../../shared/contracts';
import { newsletterApi, path } from './client';

export interface PreviewQuery {
  id: string;
  subscriber?: string;
  language?: string;
}

/** What moves when a campaign changes its state. */
const moved = (id: string) => [
  { type: 'NewsletterCampaign' as const, id },
  { type: 'NewsletterReport' as const, id },
  'NewsletterCampaignList' as const,
  'NewsletterOverview' as const,
];

const campaignsApi = newsletterApi.injectEndpoints({
  endpoints: (build) => {
    const move = (verb: 'unschedule' | 'pause' | 'resume' | 'cancel') =>
      build.mutation<CampaignDto, string>({
        query: (id) => ({ url: path(`campaigns/${id}/${verb}`), method: 'POST', data: {} }),
        invalidatesTags: (_result, _error, id) => moved(id),
      });
    const decide = (verb: 'leave' | 'send-again') =>
      build.mutation<InDoubtResult, string>({
        query: (id) => ({ url: path(`campaigns/${id}/in-doubt/${verb}`), method: 'POST', data: {} }),
        invalidatesTags: (_result, _error, id) => moved(id),
      });
    return {
      newsletterGetCampaigns: build.query<Paged<CampaignSummary>, CampaignQuery>({
        query: (query) => ({ url: path('campaigns', { ...query } as Record<string, string>) }),
        providesTags: ['NewsletterCampaignList'],
      }),
      newsletterGetCampaign: build.query<CampaignDto, string>({
        query: (id) => ({ url: path(`campaigns/${id}`) }),
        providesTags: (_result, _error, id) => [{ type: 'NewsletterCampaign', id }],
      }),
      newsletterCreateCampaign: build.mutation<CampaignDto, CampaignInput>({
        query: (data) => ({ url: path('campaigns'), method: 'POST', data }),
        invalidatesTags: ['NewsletterCampaignList', 'NewsletterOverview'],
      }),
      /** Puts the answer into the cache itself: refetching after each keystroke's autosave would be a second request. */
      newsletterUpdateCampaign: build.mutation<CampaignDto, { id: string; data: CampaignInput }>({
        query: ({ id, data }) => ({ url: path(`campaigns/${id}`), method: 'PUT', data }),
        async onQueryStarted({ id }, { dispatch, queryFulfilled }) {
          try {
            const { data } = await queryFulfilled;
            void dispatch(campaignsApi.util.upsertQueryData('newsletterGetCampaign', id, data));
          } catch {
            // The caller shows the failure; the cache keeps what the server last said.
          }
        },
        invalidatesTags: (_result, error, { id, data }) =>
          error
            ? []
            : [
                'NewsletterCampaignList',
                { type: 'NewsletterPreview', id },
                ...(data.audience ? [{ type: 'NewsletterAudienceCount' as const, id }] : []),
              ],
      }),
      newsletterDuplicateCampaign: build.mutation<CampaignDto, string>({
        query: (id) => ({ url: path(`campaigns/${id}/duplicate`), method: 'POST', data: {} }),
        invalidatesTags: ['NewsletterCampaignList', 'NewsletterOverview'],
      }),
      newsletterDeleteCampaign: build.mutation<unknown, string>({
        query: (id) => ({ url: path(`campaigns/${id}`), method: 'DELETE' }),
        invalidatesTags: ['NewsletterCampaignList', 'NewsletterOverview'],
      }),
      newsletterGetPreview: build.query<PreviewDto, PreviewQuery>({
        query: ({ id, ...query }) => ({ url: path(`campaigns/${id}/preview`, query) }),
        providesTags: (_result, _error, { id }) => [{ type: 'NewsletterPreview', id }],
        // The address of the frame is short-lived: a preview from the cache could be dead.
        keepUnusedDataFor: 0,
      }),
      newsletterGetPreflight: build.query<PreflightItem[], string>({
        query: (id) => ({ url: path(`campaigns/${id}/preflight`) }),
        providesTags: (_result, _error, id) => [
          { type: 'NewsletterPreview', id },
          { type: 'NewsletterAudienceCount', id },
          'NewsletterSettings',
        ],
        keepUnusedDataFor: 0,
      }),
      /** What a draft's timing means if it were scheduled so; what is saved meanwhile asks again. */
      newsletterGetTimingPlan: build.query<TimingPlan, { id: string } & ScheduleInput>({
        query: ({ id, ...query }) => ({ url: path(`campaigns/${id}/timing`, query) }),
        providesTags: (_result, _error, { id }) => [
          { type: 'NewsletterPreview', id },
          { type: 'NewsletterAudienceCount', id },
          { type: 'NewsletterCampaign', id },
        ],
        keepUnusedDataFor: 0,
      }),
      newsletterGetAudienceCount: build.query<AudienceCount, string>({
        query: (id) => ({ url: path(`campaigns/${id}/audience`) }),
        providesTags: (_result, _error, id) => [{ type: 'NewsletterAudienceCount', id }],
        keepUnusedDataFor: 0,
      }),
      newsletterTestCampaign: build.mutation<TestSendResult, { id: string; data: TestSendInput }>({
        query: ({ id, data }) => ({ url: path(`campaigns/${id}/test`), method: 'POST', data }),
        invalidatesTags: ['NewsletterOverview'],
      }),
      newsletterScheduleCampaign: build.mutation<CampaignDto, { id: string; data: ScheduleInput }>({
        query: ({ id, data }) => ({ url: path(`campaigns/${id}/schedule`), method: 'POST', data }),
        invalidatesTags: (_result, _error, { id }) => moved(id),
      }),
      newsletterUnscheduleCampaign: move('unschedule'),
      newsletterPauseCampaign: move('pause'),
      newsletterResumeCampaign: move('resume'),
      newsletterCancelCampaign: move('cancel'),
      newsletterGetReport: build.query<CampaignReport, string>({
        query: (id) => ({ url: path(`campaigns/${id}/report`) }),
        providesTags: (_result, _error, id) => [{ type: 'NewsletterReport', id }],
      }),
      newsletterGetDeliveries: build.query<Paged<DeliveryDto>, { id: string; query: DeliveryQuery }>({
        query: ({ id, query }) => ({
          url: path(`campaigns/${id}/deliveries`, { ...query } as Record<string, string>),
        }),
        providesTags: (_result, _error, { id }) => [{ type: 'NewsletterReport', id }],
      }),
      newsletterGetInDoubt: build.query<InDoubtPage, { id: string; query: InDoubtQuery }>({
        query: ({ id, query }) => ({
          url: path(`campaigns/${id}/in-doubt`, { ...query } as Record<string, number>),
        }),
        providesTags: (_result, _error, { id }) => [{ type: 'NewsletterReport', id }],
      }),
      newsletterLeaveInDoubt: decide('leave'),
      newsletterSendInDoubtAgain: decide('send-again'),
      /** Every list, page by page: an audience is chosen among all of them. */
      newsletterGetAllLists: build.query<ListDto[], void>({
        async queryFn(_argument, _api, _options, fetchPage) {
          const lists: ListDto[] = [];
          for (let page = 1; ; page += 1) {
            const answer = await fetchPage({ url: path('lists', { page, pageSize: 100 }) });
            if (answer.error) return { error: answer.error };
            const { results, pagination } = answer.data as Paged<ListDto>;
            lists.push(...results);
            if (page >= pagination.pageCount) return { data: lists };
          }
        },
        providesTags: ['NewsletterList'],
      }),
    };
  },
});

export const {
  useNewsletterGetCampaignsQuery: useGetCampaignsQuery,
  useNewsletterGetCampaignQuery: useGetCampaignQuery,
  useLazyNewsletterGetCampaignQuery: useLazyGetCampaignQuery,
  useNewsletterCreateCampaignMutation: useCreateCampaignMutation,
  useNewsletterUpdateCampaignMutation: useUpdateCampaignMutation,
  useNewsletterDuplicateCampaignMutation: useDuplicateCampaignMutation,
  useNewsletterDeleteCampaignMutation: useDeleteCampaignMutation,
  useNewsletterGetPreviewQuery: useGetPreviewQuery,
  useNewsletterGetPreflightQuery: useGetPreflightQuery,
  useNewsletterGetAudienceCountQuery: useGetAudienceCountQuery,
  useNewsletterGetTimingPlanQuery: useGetTimingPlanQuery,
  useNewsletterTestCampaignMutation: useTestCampaignMutation,
  useNewsletterScheduleCampaignMutation: useScheduleCampaignMutation,
  useNewsletterUnscheduleCampaignMutation: useUnscheduleCampaignMutation,
  useNewsletterPauseCampaignMutation: usePauseCampaignMutation,
  useNewsletterResumeCampaignMutation: useResumeCampaignMutation,
  useNewsletterCancelCampaignMutation: useCancelCampaignMutation,
  useNewsletterGetReportQuery: useGetReportQuery,
  useNewsletterGetDeliveriesQuery: useGetDeliveriesQuery,
  useNewsletterGetInDoubtQuery: useGetInDoubtQuery,
  useNewsletterLeaveInDoubtMutation: useLeaveInDoubtMutation,
  useNewsletterSendInDoubtAgainMutation: useSendInDoubtAgainMutation,
  useNewsletterGetAllListsQuery: useGetAllListsQuery,
} = campaignsApi;
