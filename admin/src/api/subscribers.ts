import type {
  Paged,
  SubscriberBulk,
  SubscriberCounts,
  SubscriberDto,
  SubscriberInput,
  SubscriberQuery,
  TimelineEntry,
} from '../../../shared/contracts';
import { newsletterApi, path } from './client';

/** Whoever joins or leaves changes the lists' counts, the audience of drafts and the overview. */
const STALE = [
  'NewsletterSubscriber',
  'NewsletterList',
  'NewsletterAudienceCount',
  'NewsletterOverview',
] as const;

const subscribersApi = newsletterApi.injectEndpoints({
  endpoints: (build) => ({
    getSubscribers: build.query<Paged<SubscriberDto>, SubscriberQuery>({
      query: (query) => ({ url: path('subscribers', { ...query } as Record<string, string>) }),
      providesTags: ['NewsletterSubscriber'],
    }),
    getSubscriberCounts: build.query<SubscriberCounts, void>({
      query: () => ({ url: path('subscribers/counts') }),
      providesTags: ['NewsletterSubscriber'],
    }),
    getSubscriber: build.query<SubscriberDto, string>({
      query: (id) => ({ url: path(`subscribers/${id}`) }),
      providesTags: ['NewsletterSubscriber'],
    }),
    getSubscriberTimeline: build.query<TimelineEntry[], string>({
      query: (id) => ({ url: path(`subscribers/${id}/timeline`) }),
      providesTags: ['NewsletterSubscriber'],
    }),
    createSubscriber: build.mutation<SubscriberDto, SubscriberInput>({
      query: (data) => ({ url: path('subscribers'), method: 'POST', data }),
      invalidatesTags: [...STALE],
    }),
    updateSubscriber: build.mutation<SubscriberDto, { id: string; data: Partial<SubscriberInput> }>({
      query: ({ id, data }) => ({ url: path(`subscribers/${id}`), method: 'PUT', data }),
      invalidatesTags: [...STALE],
    }),
    deleteSubscriber: build.mutation<void, string>({
      query: (id) => ({ url: path(`subscribers/${id}`), method: 'DELETE' }),
      invalidatesTags: [...STALE],
    }),
    /** `skipped`: people who left are passed over when a list is added. */
    bulkSubscribers: build.mutation<{ changed: number; skipped: number }, SubscriberBulk>({
      query: (data) => ({ url: path('subscribers/bulk'), method: 'POST', data }),
      invalidatesTags: [...STALE],
    }),
    /** Sends the mail with the confirmation link again, for people who must opt in themselves. */
    inviteSubscriber: build.mutation<void, string>({
      query: (id) => ({ url: path(`subscribers/${id}/invite`), method: 'POST', data: {} }),
      invalidatesTags: [...STALE],
    }),
  }),
});

export const {
  useGetSubscribersQuery,
  useGetSubscriberCountsQuery,
  useGetSubscriberQuery,
  useGetSubscriberTimelineQuery,
  useCreateSubscriberMutation,
  useUpdateSubscriberMutation,
  useDeleteSubscriberMutation,
  useBulkSubscribersMutation,
  useInviteSubscriberMutation,
} = subscribersApi;
