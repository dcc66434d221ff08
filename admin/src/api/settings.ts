import type {
  DeliverySettings,
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
    getSettings: build.query<Settings, void>({
      query: () => ({ url: path('settings') }),
      providesTags: ['NewsletterSettings'],
    }),
    updateSettings: build.mutation<Settings, SettingsInput>({
      query: (data) => ({ url: path('settings'), method: 'PUT', data }),
      invalidatesTags: [
        'NewsletterSettings',
        'NewsletterOverview',
        'NewsletterPreview',
        'NewsletterCampaign',
      ],
    }),
    getDeliverySettings: build.query<DeliverySettings, void>({
      query: () => ({ url: path('settings/delivery') }),
    }),
    testTransport: build.mutation<TransportTestResult, TransportTest>({
      query: (data) => ({ url: path('settings/delivery/test'), method: 'POST', data }),
    }),
  }),
});

export const {
  useGetSettingsQuery,
  useUpdateSettingsMutation,
  useGetDeliverySettingsQuery,
  useTestTransportMutation,
} = settingsApi;
