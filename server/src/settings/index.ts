import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import {
  settingsSchema,
  type PageLanguage,
  type Sender,
  type Settings,
  type SettingsInput,
} from '../../../shared/contracts';
import { keepWording, readSetting, writeSetting } from '../storage';

const KEY = 'settings';

/** What editors set in Settings › Newsletter, with defaults for what they have not. */
export async function loadSettings(db: Knex): Promise<Settings> {
  return settingsSchema.parse((await readSetting(db, KEY)) ?? {});
}

/**
 * Validates and saves; each consent text is kept as a wording.
 * @throws ZodError when the input has a wrong shape
 */
export async function saveSettings(db: Knex, input: SettingsInput): Promise<Settings> {
  const settings = settingsSchema.parse(input);
  await writeSetting(db, KEY, settings);
  return settings;
}

/** The sender with this id, the first one without an id, or null. */
export function findSender(settings: Settings, id: string | null | undefined): Sender | null {
  if (!id) return settings.senders[0] ?? null;
  return settings.senders.find((sender) => sender.id === id) ?? null;
}

const DEFAULT_CONSENT: Record<PageLanguage, string> = {
  en: 'I want to receive the newsletter by email. I can unsubscribe at any time with the link in each mail.',
  ja: 'メールでニュースレターを受け取ることに同意します。各メールにあるリンクからいつでも配信を停止できます。',
};

/**
 * The consent text in a language and its version (a hash of the text), which the proof of consent names.
 * The text is stored before the version is handed out.
 */
export async function currentWording(
  db: Knex,
  language: PageLanguage,
): Promise<{ version: string; text: string }> {
  const text = (await loadSettings(db)).consent.text[language] || DEFAULT_CONSENT[language];
  const version = createHash('sha256').update(`${language}\n${text}`).digest('hex').slice(0, 16);
  await keepWording(db, { version, language, text });
  return { version, text };
}
