import type {
  CampaignChoices,
  DeliverySettings,
  HealthDto,
  Settings,
  SettingsInput,
  TransportTestResult,
} from '../../../shared/contracts';
import { newsletterApi, path } from './client';

export interface TransportTest {
  transport?: string;
  sender?: string;
  to?: string;
}

const settingsApi = newsletterApi.injectEndpoints({
  endpoints: (build) => ({
    newsletterGetSettings: build.query<Settings, void>({
      query: () => ({ url: path('settings') }),
      providesTags: ['NewsletterSettings'],
    }),
    /** For people who may write campaigns but not read the settings. */
    newsletterGetCampaignChoices: build.query<CampaignChoices, void>({
      query: () => ({ url: path('senders') }),
      providesTags: ['NewsletterSettings'],
    }),
    /**
     * Saves one or some sections. The server takes the whole settings, so the others are read anew right before: what
     * somebody else saved since this page was opened stays.
     */
    newsletterUpdateSettings: build.mutation<Settings, Partial<SettingsInput>>({
      queryFn: async (sections, _api, _options, request) => {
        const current = await request({ url: path('settings') });
        if (current.error !== undefined) return { error: current.error };
        const data = { ...(current.data as Settings), ...sections };
        const saved = await request({ url: path('settings'), method: 'PUT', data });
        return saved.error === undefined ? { data: saved.data as Settings } : { error: saved.error };
      },
      invalidatesTags: [
        'NewsletterSettings',
        'NewsletterOverview',
        'NewsletterPreview',
        'NewsletterCampaign',
      ],
    }),
    newsletterGetDeliverySettings: build.query<DeliverySettings, void>({
      query: () => ({ url: path('settings/delivery') }),
    }),
    newsletterGetHealth: build.query<HealthDto, void>({
      query: () => ({ url: path('health') }),
    }),
    newsletterTestTransport: build.mutation<TransportTestResult, TransportTest>({
      query: (data) => ({ url: path('settings/delivery/test'), method: 'POST', data }),
    }),
  }),
});

export const {
  useNewsletterGetSettingsQuery: useGetSettingsQuery,
  useNewsletterGetCampaignChoicesQuery: useGetCampaignChoicesQuery,
  useNewsletterUpdateSettingsMutation: useUpdateSettingsMutation,
  useNewsletterGetDeliverySettingsQuery: useGetDeliverySettingsQuery,
  useNewsletterGetHealthQuery: useGetHealthQuery,
  useNewsletterTestTransportMutation: useTestTransportMutation,
} = settingsApi;
