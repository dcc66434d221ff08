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
    getLists: build.query<Paged<ListDto>, ListQuery>({
      query: (query) => ({ url: path('lists', { ...query }) }),
      providesTags: ['NewsletterList'],
    }),
    createList: build.mutation<ListDto, ListInput>({
      query: (data) => ({ url: path('lists'), method: 'POST', data }),
      invalidatesTags: [...STALE],
    }),
    updateList: build.mutation<ListDto, { id: string; data: Partial<ListInput> }>({
      query: ({ id, data }) => ({ url: path(`lists/${id}`), method: 'PUT', data }),
      invalidatesTags: [...STALE],
    }),
    deleteList: build.mutation<void, string>({
      query: (id) => ({ url: path(`lists/${id}`), method: 'DELETE' }),
      invalidatesTags: [...STALE],
    }),
  }),
});

export const { useGetListsQuery, useCreateListMutation, useUpdateListMutation, useDeleteListMutation } =
  listsApi;
