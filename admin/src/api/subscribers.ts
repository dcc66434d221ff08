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
    newsletterGetSubscribers: build.query<Paged<SubscriberDto>, SubscriberQuery>({
      query: (query) => ({ url: path('subscribers', { ...query } as Record<string, string>) }),
      providesTags: ['NewsletterSubscriber'],
    }),
    newsletterGetSubscriberCounts: build.query<SubscriberCounts, void>({
      query: () => ({ url: path('subscribers/counts') }),
      providesTags: ['NewsletterSubscriber'],
    }),
    newsletterGetSubscriber: build.query<SubscriberDto, string>({
      query: (id) => ({ url: path(`subscribers/${id}`) }),
      providesTags: ['NewsletterSubscriber'],
    }),
    newsletterGetSubscriberTimeline: build.query<TimelineEntry[], string>({
      query: (id) => ({ url: path(`subscribers/${id}/timeline`) }),
      providesTags: ['NewsletterSubscriber'],
    }),
    newsletterCreateSubscriber: build.mutation<SubscriberDto, SubscriberInput>({
      query: (data) => ({ url: path('subscribers'), method: 'POST', data }),
      invalidatesTags: [...STALE],
    }),
    newsletterUpdateSubscriber: build.mutation<SubscriberDto, { id: string; data: Partial<SubscriberInput> }>(
      {
        query: ({ id, data }) => ({ url: path(`subscribers/${id}`), method: 'PUT', data }),
        invalidatesTags: [...STALE],
      },
    ),
    newsletterDeleteSubscriber: build.mutation<void, string>({
      query: (id) => ({ url: path(`subscribers/${id}`), method: 'DELETE' }),
      invalidatesTags: [...STALE],
    }),
    /** `skipped`: people who left are passed over when a list is added. */
    newsletterBulkSubscribers: build.mutation<{ changed: number; skipped: number }, SubscriberBulk>({
      query: (data) => ({ url: path('subscribers/bulk'), method: 'POST', data }),
      invalidatesTags: [...STALE],
    }),
    /** Sends the mail with the confirmation link again, for people who must opt in themselves. */
    newsletterInviteSubscriber: build.mutation<void, string>({
      query: (id) => ({ url: path(`subscribers/${id}/invite`), method: 'POST', data: {} }),
      invalidatesTags: [...STALE],
    }),
  }),
});

export const {
  useNewsletterGetSubscribersQuery: useGetSubscribersQuery,
  useNewsletterGetSubscriberCountsQuery: useGetSubscriberCountsQuery,
  useNewsletterGetSubscriberQuery: useGetSubscriberQuery,
  useNewsletterGetSubscriberTimelineQuery: useGetSubscriberTimelineQuery,
  useNewsletterCreateSubscriberMutation: useCreateSubscriberMutation,
  useNewsletterUpdateSubscriberMutation: useUpdateSubscriberMutation,
  useNewsletterDeleteSubscriberMutation: useDeleteSubscriberMutation,
  useNewsletterBulkSubscribersMutation: useBulkSubscribersMutation,
  useNewsletterInviteSubscriberMutation: useInviteSubscriberMutation,
} = subscribersApi;
