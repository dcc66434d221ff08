import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import {
  attributeDeclarationSchema,
  settingsSchema,
  type AttributeDeclaration,
  type AttributeDeclarationInput,
  type PageLanguage,
  type Sender,
  type Settings,
  type SettingsInput,
} from '../../../shared/contracts';
import { changeSetting, keepWording, readSetting, writeSetting } from '../storage';

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

/**
 * Declares attributes, all or none, unless one of this name and type is declared: an editor's label and choice of public
 * stay.
 * @throws ZodError for a declaration of a wrong shape; AttributeConflict when the name is declared with another type
 */
export async function declareAttribute(db: Knex, ...inputs: AttributeDeclarationInput[]): Promise<void> {
  const declarations = inputs.map((input) => attributeDeclarationSchema.parse(input));
  await changeSetting(db, KEY, (value) => {
    const settings = settingsSchema.parse(value ?? {});
    const fresh = declarations.filter((declaration) => {
      const known = settings.attributes.find(({ name }) => name === declaration.name);
      if (known && known.type !== declaration.type) throw new AttributeConflict(declaration, known);
      return !known;
    });
    if (fresh.length === 0) return undefined;
    return settingsSchema.parse({ ...settings, attributes: [...settings.attributes, ...fresh] });
  });
}

/** Two parties want an attribute of the same name with different types. */
export class AttributeConflict extends Error {
  override readonly name = 'AttributeConflict';
  readonly code = 'attribute-conflict';
  readonly status = 409;

  constructor(
    wanted: Pick<AttributeDeclaration, 'name' | 'type'>,
    known: Pick<AttributeDeclaration, 'type'>,
  ) {
    super(
      `The attribute "${wanted.name}" is declared as ${known.type} already and cannot be ${wanted.type}, too. Choose another name.`,
    );
  }
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
