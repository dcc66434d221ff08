import { settingsSchema } from '../../../shared/contracts';
import type { CampaignSnapshot, RenderLinks, RenderPerson } from '../../../server/src/compose';

export const PUBLIC_URL = 'https://news.example.com';

interface Overrides extends Partial<Omit<CampaignSnapshot, 'brand'>> {
  body?: string;
  subject?: string;
  preheader?: string;
  language?: string;
  brand?: Partial<CampaignSnapshot['brand']>;
}

export function snapshotOf(overrides: Overrides = {}): CampaignSnapshot {
  const {
    body = '<p>Hello</p>',
    subject = 'Subject',
    preheader = '',
    language = 'en',
    brand,
    ...rest
  } = overrides;
  return {
    campaignId: 'campaign1',
    name: 'Autumn',
    version: 1,
    sender: { id: 'main', name: 'Acme', email: 'news@example.com' },
    contents: [{ variant: 'a', language, subject, preheader, body }],
    defaultLanguage: language,
    templateHtml: null,
    brand: {
      ...settingsSchema.parse({}).brand,
      name: 'Acme',
      postalAddress: '1 Main Street\nSpringfield',
      ...brand,
    },
    tracking: { opens: true, clicks: true },
    audience: { include: { lists: [], segments: [] }, exclude: { lists: [], segments: [] } },
    list: { name: 'Letters', slug: 'letters' },
    pacePerHour: null,
    publicUrl: PUBLIC_URL,
    ...rest,
  };
}

export const person = (overrides: Partial<RenderPerson> = {}): RenderPerson => ({
  email: 'ann@example.com',
  firstName: 'Ann',
  lastName: 'Lee',
  language: null,
  attributes: {},
  ...overrides,
});

export const links: RenderLinks = {
  unsubscribe: `${PUBLIC_URL}/api/newsletter/unsubscribe/U-1`,
  preferences: `${PUBLIC_URL}/api/newsletter/preferences/P-1`,
  view: `${PUBLIC_URL}/api/newsletter/view/V-1`,
  openPixel: `${PUBLIC_URL}/api/newsletter/open/O-1`,
  click: (id) => `${PUBLIC_URL}/api/newsletter/click/C-${id}`,
};
