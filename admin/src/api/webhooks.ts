import { newsletterApi } from './client';

/** A webhook of Strapi, as `/admin/webhooks` has it. */
export interface Webhook {
  id: string;
  name: string;
  url: string;
  headers: Record<string, string>;
  /** Strapi's own (`entry.publish`) and ours (`newsletter.campaign-sent`). */
  events: string[];
  isEnabled: boolean;
}

/** Strapi's own tag, so that its pages under Settings › Webhooks learn of our changes too. */
const api = newsletterApi.enhanceEndpoints({ addTagTypes: ['Webhook'] });

const webhooksApi = api.injectEndpoints({
  endpoints: (build) => ({
    newsletterGetWebhooks: build.query<Webhook[], void>({
      query: () => ({ url: '/admin/webhooks' }),
      transformResponse: (answer: { data: Webhook[] }) => answer.data,
      providesTags: [{ type: 'Webhook', id: 'LIST' }],
    }),
    newsletterCreateWebhook: build.mutation<unknown, Pick<Webhook, 'name' | 'url' | 'headers' | 'events'>>({
      query: (data) => ({ url: '/admin/webhooks', method: 'POST', data }),
      invalidatesTags: ['Webhook'],
    }),
    newsletterUpdateWebhook: build.mutation<unknown, Webhook>({
      query: ({ id, ...data }) => ({ url: `/admin/webhooks/${id}`, method: 'PUT', data }),
      invalidatesTags: ['Webhook'],
    }),
  }),
});

export const {
  useNewsletterGetWebhooksQuery: useGetWebhooksQuery,
  useNewsletterCreateWebhookMutation: useCreateWebhookMutation,
  useNewsletterUpdateWebhookMutation: useUpdateWebhookMutation,
} = webhooksApi;
