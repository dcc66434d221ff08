import attributesEn from './attributes.en.json';
import audienceEn from './audience.en.json';
import campaignsEn from './campaigns.en.json';
import deliverabilityEn from './deliverability.en.json';
import destinationsEn from './destinations.en.json';
import hygieneEn from './hygiene.en.json';
import importsEn from './imports.en.json';
import inDoubtEn from './in-doubt.en.json';
import nativeEn from './native.en.json';
import reasonsEn from './reasons.en.json';
import rulesEn from './rules.en.json';
import segmentsEn from './segments.en.json';
import settingsEn from './settings.en.json';
import timingEn from './timing.en.json';
import { PLUGIN_ID } from '../pluginId';

/** English texts are also the fallback for locales that we do not have. */
export const en = {
  ...campaignsEn,
  ...attributesEn,
  ...audienceEn,
  ...segmentsEn,
  ...settingsEn,
  ...nativeEn,
  ...timingEn,
  ...reasonsEn,
  ...rulesEn,
  ...importsEn,
  ...deliverabilityEn,
  ...destinationsEn,
  ...hygieneEn,
  ...inDoubtEn,
};

export type TextKey = keyof typeof en;

const loaders: Record<string, () => Promise<Record<string, string>[]>> = {
  en: () => Promise.resolve([en]),
  ja: () =>
    Promise.all([
      import('./attributes.ja.json'),
      import('./campaigns.ja.json'),
      import('./audience.ja.json'),
      import('./imports.ja.json'),
      import('./deliverability.ja.json'),
      import('./destinations.ja.json'),
      import('./hygiene.ja.json'),
      import('./in-doubt.ja.json'),
      import('./segments.ja.json'),
      import('./settings.ja.json'),
      import('./native.ja.json'),
      import('./timing.ja.json'),
      import('./reasons.ja.json'),
      import('./rules.ja.json'),
    ]).then((files) => files.map((file) => file.default)),
};

/** Our texts in one panel locale, keys prefixed with the plugin's id as Strapi wants them. */
export async function loadTexts(locale: string): Promise<Record<string, string>> {
  const load = loaders[locale];
  if (!load) return {};
  const texts: Record<string, string> = Object.assign({}, ...(await load()));
  return Object.fromEntries(Object.entries(texts).map(([key, text]) => [`${PLUGIN_ID}.${key}`, text]));
}
