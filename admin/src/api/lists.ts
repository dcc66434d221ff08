import type { ListDto, ListInput, Paged } from '../../../shared/contracts';
import { newsletterApi, path } from './client';

export interface ListQuery {
  page?: number;
  pageSize?: number;
  search?: string;
}

const STALE = [
  'NewsletterList',
  'NewsletterSubscriber',
  'NewsletterAudienceCount',
  'NewsletterOverview',
] as const;

const listsApi = newsletterApi.injectEndpoints({
  endpoints: (build) => ({
    newsletterGetLists: build.query<Paged<ListDto>, ListQuery>({
      query: (query) => ({ url: path('lists', { ...query }) }),
      providesTags: ['NewsletterList'],
    }),
    newsletterCreateList: build.mutation<ListDto, ListInput>({
      query: (data) => ({ url: path('lists'), method: 'POST', data }),
      invalidatesTags: [...STALE],
    }),
    newsletterUpdateList: build.mutation<ListDto, { id: string; data: Partial<ListInput> }>({
      query: ({ id, data }) => ({ url: path(`lists/${id}`), method: 'PUT', data }),
      invalidatesTags: [...STALE],
    }),
    newsletterDeleteList: build.mutation<void, string>({
      query: (id) => ({ url: path(`lists/${id}`), method: 'DELETE' }),
      invalidatesTags: [...STALE],
    }),
  }),
});

export const {
  useNewsletterGetListsQuery: useGetListsQuery,
  useNewsletterCreateListMutation: useCreateListMutation,
  useNewsletterUpdateListMutation: useUpdateListMutation,
  useNewsletterDeleteListMutation: useDeleteListMutation,
} = listsApi;
