import type {
  ImportAddresses,
  ImportAddressesQuery,
  ImportDetail,
  ImportDto,
  ImportProblem,
  ImportReading,
  ImportStart,
  Paged,
} from '../../../shared/contracts';
import { newsletterApi, path } from './client';

/** Whoever is imported changes the lists' counts, the audience of drafts and the overview. */
const STALE = [
  'NewsletterImport',
  'NewsletterSubscriber',
  'NewsletterList',
  'NewsletterAudienceCount',
  'NewsletterOverview',
  'NewsletterSettings',
] as const;

const importsApi = newsletterApi.injectEndpoints({
  endpoints: (build) => ({
    newsletterGetImports: build.query<Paged<ImportDto>, { page: number; pageSize: number }>({
      query: (query) => ({ url: path('imports', query) }),
      providesTags: ['NewsletterImport'],
    }),
    newsletterGetImport: build.query<ImportDetail, string>({
      query: (id) => ({ url: path(`imports/${id}`) }),
      providesTags: ['NewsletterImport'],
    }),
    newsletterGetImportProblems: build.query<
      Paged<ImportProblem>,
      { id: string; language: 'en' | 'ja'; pageSize: number }
    >({
      query: ({ id, ...query }) => ({ url: path(`imports/${id}/errors`, query) }),
      providesTags: ['NewsletterImport'],
    }),
    /** Reads the file; a file does not change, so that an answer is kept while the page is open. */
    newsletterLookAtAddresses: build.query<ImportAddresses, { id: string; data: ImportAddressesQuery }>({
      query: ({ id, data }) => ({ url: path(`imports/${id}/addresses`), method: 'POST', data }),
    }),
    newsletterUploadImport: build.mutation<ImportDetail, File>({
      query: (file) => {
        const data = new FormData();
        data.append('files', file, file.name);
        return { url: path('imports'), method: 'POST', data };
      },
      invalidatesTags: ['NewsletterImport'],
    }),
    /** The answer is the new preview: it takes the place of what was loaded. */
    newsletterReadImport: build.mutation<ImportDetail, { id: string; data: ImportReading }>({
      query: ({ id, data }) => ({ url: path(`imports/${id}`), method: 'PUT', data }),
      invalidatesTags: ['NewsletterImport'],
    }),
    newsletterStartImport: build.mutation<ImportDto, { id: string; data: ImportStart }>({
      query: ({ id, data }) => ({ url: path(`imports/${id}/start`), method: 'POST', data }),
      invalidatesTags: [...STALE],
    }),
    newsletterCancelImport: build.mutation<ImportDto, string>({
      query: (id) => ({ url: path(`imports/${id}/cancel`), method: 'POST', data: {} }),
      invalidatesTags: [...STALE],
    }),
    newsletterDeleteImport: build.mutation<void, string>({
      query: (id) => ({ url: path(`imports/${id}`), method: 'DELETE' }),
      invalidatesTags: ['NewsletterImport'],
    }),
  }),
});

/** Once an import has ended, whatever shows people is stale. */
export const importEnded = () => newsletterApi.util.invalidateTags([...STALE]);

export const {
  useNewsletterGetImportsQuery: useGetImportsQuery,
  useNewsletterGetImportQuery: useGetImportQuery,
  useNewsletterGetImportProblemsQuery: useGetImportProblemsQuery,
  useNewsletterLookAtAddressesQuery: useLookAtAddressesQuery,
  useNewsletterUploadImportMutation: useUploadImportMutation,
  useNewsletterReadImportMutation: useReadImportMutation,
  useNewsletterStartImportMutation: useStartImportMutation,
  useNewsletterCancelImportMutation: useCancelImportMutation,
  useNewsletterDeleteImportMutation: useDeleteImportMutation,
} = importsApi;
