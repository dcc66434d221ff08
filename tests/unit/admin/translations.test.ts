import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createIntl } from 'react-intl';
import { describe, expect, it } from 'vitest';
import {
  CAMPAIGN_STATES as PANEL_CAMPAIGN_STATES,
  DELIVERY_STATES as PANEL_DELIVERY_STATES,
} from '../../../admin/src/pages/Campaigns/states';
import { loadTexts } from '../../../admin/src/translations';
import { CAMPAIGN_STATES, DELIVERY_STATES } from '../../../shared/contracts';

/** The English wording of a page in English, and a product's name. */
const SAME_ON_PURPOSE = [
  'settings.consent.default.en',
  'settings.delivery.queue.redis',
  'settings.delivery.queue.postgres',
];

const FOLDER = path.resolve(__dirname, '../../../admin/src/translations');
const areas = [
  ...new Set(readdirSync(FOLDER).flatMap((file) => /^([\w-]+)\.(?:en|ja)\.json$/.exec(file)?.[1] ?? [])),
];
const read = (area: string, locale: string) =>
  JSON.parse(readFileSync(path.join(FOLDER, `${area}.${locale}.json`), 'utf8')) as Record<string, string>;

/** Argument names of an ICU message: what formatting it asks for, one after the other. Throws for broken syntax. */
function placeholders(message: string): string[] {
  const values: Record<string, number> = {};
  for (;;) {
    const missing = firstMissing(message, values);
    if (missing === null) return Object.keys(values).sort();
    values[missing] = 3;
  }
}

function firstMissing(message: string, values: Record<string, number>): string | null {
  let missing: string | null = null;
  const onError = (error: Error) => {
    missing = /variable "(\w+)" was not provided/.exec(error.message)?.[1] ?? null;
    if (missing === null) throw error;
  };
  createIntl({ locale: 'en', messages: { m: message }, onError }).formatMessage({ id: 'm' }, values);
  return missing;
}

it('loads every file of texts that there is', async () => {
  const inFiles = (locale: string) =>
    areas.flatMap((area) => Object.keys(read(area, locale)).map((key) => `newsletter.${key}`));
  for (const locale of ['en', 'ja']) {
    expect(Object.keys(await loadTexts(locale)).sort()).toEqual(inFiles(locale).sort());
  }
  expect(await loadTexts('tlh')).toEqual({});
});

const onlyChooses = (text: string, name: string) =>
  !text.includes('#') && !text.includes(`{${name}}`) && text.includes(`{${name}, plural`);

describe.each(areas)('%s', (area) => {
  const en = read(area, 'en');
  const ja = read(area, 'ja');

  it('has the same keys in English and Japanese, none empty', () => {
    expect(Object.keys(ja).sort()).toEqual(Object.keys(en).sort());
    for (const texts of [en, ja]) for (const text of Object.values(texts)) expect(text.trim()).not.toBe('');
  });

  it('is translated: Japanese texts are Japanese', () => {
    const untranslated = Object.entries(ja)
      .filter(([key, text]) => text === en[key] && /[a-z]{4}/i.test(text) && !SAME_ON_PURPOSE.includes(key))
      .map(([key]) => key);
    expect(untranslated).toEqual([]);
  });

  it('asks for the same values in both languages', () => {
    for (const [key, text] of Object.entries(en)) {
      const asked = placeholders(ja[key] ?? '');
      // What English needs only to choose between singular and plural, Japanese need not mention.
      const needed = placeholders(text).filter((name) => asked.includes(name) || !onlyChooses(text, name));
      expect([key, asked]).toEqual([key, needed]);
    }
  });
});

it('defines no key twice', () => {
  const keys = areas.flatMap((area) => Object.keys(read(area, 'en')));
  expect(new Set(keys).size).toBe(keys.length);
});

it('has a text for every key that the sources name', () => {
  const known = new Set(areas.flatMap((area) => Object.keys(read(area, 'en'))));
  const sources = readdirSync(path.resolve(FOLDER, '..'), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file))
    .map((file) => readFileSync(path.resolve(FOLDER, '..', file), 'utf8'));
  const used = sources.flatMap((source) =>
    [...source.matchAll(/\bt\(\s*'([^']+)'/g)].map((match) => match[1] ?? ''),
  );
  expect(used.length).toBeGreaterThan(100);
  expect(used.filter((key) => !known.has(key))).toEqual([]);
});

it('keeps the panel’s lists of states equal to the contract', () => {
  expect(PANEL_CAMPAIGN_STATES).toEqual([...CAMPAIGN_STATES]);
  expect(PANEL_DELIVERY_STATES).toEqual([...DELIVERY_STATES]);
});
