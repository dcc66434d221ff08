import type { OverviewDto } from '../../../shared/contracts';
import { newsletterApi, path } from './client';

const overviewApi = newsletterApi.injectEndpoints({
  endpoints: (build) => ({
    newsletterGetOverview: build.query<OverviewDto, void>({
      query: () => ({ url: path('overview') }),
      providesTags: ['NewsletterOverview'],
    }),
  }),
});

export const { useNewsletterGetOverviewQuery: useGetOverviewQuery } = overviewApi;
