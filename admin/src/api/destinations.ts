import type {
  DestinationsDto,
  ResumeDestinationInput,
  ResumeDestinationResult,
} from '../../../shared/contracts';
import { newsletterApi, path } from './client';

const destinationsApi = newsletterApi.injectEndpoints({
  endpoints: (build) => ({
    /** Of one campaign, or, with null, over all that are being sent or paused. */
    newsletterGetDestinations: build.query<DestinationsDto, string | null>({
      query: (campaignId) => ({
        url: path(campaignId === null ? 'destinations' : `campaigns/${campaignId}/destinations`),
      }),
      providesTags: ['NewsletterDestination'],
    }),
    newsletterResumeDestination: build.mutation<ResumeDestinationResult, ResumeDestinationInput>({
      query: (data) => ({ url: path('destinations/resume'), method: 'POST', data }),
      invalidatesTags: ['NewsletterDestination', 'NewsletterReport'],
    }),
  }),
});

export const {
  useNewsletterGetDestinationsQuery: useGetDestinationsQuery,
  useNewsletterResumeDestinationMutation: useResumeDestinationMutation,
} = destinationsApi;
