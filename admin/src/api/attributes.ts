import type { AttributeDeclaration } from '../../../shared/contracts';
import { newsletterApi, path } from './client';

/** The areas that show attributes; each may be all that somebody may read. */
type Area = 'subscribers' | 'campaigns' | 'templates';

const attributesApi = newsletterApi.injectEndpoints({
  endpoints: (build) => ({
    newsletterGetAttributes: build.query<AttributeDeclaration[], Area>({
      query: (area) => ({ url: path(`${area}/attributes`) }),
      providesTags: ['NewsletterSettings'],
    }),
  }),
});

export const { useNewsletterGetAttributesQuery: useGetAttributesQuery } = attributesApi;
