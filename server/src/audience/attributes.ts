import type { Knex } from 'knex';
import {
  coerceAttribute,
  type AttributeDeclaration,
  type AttributeValue,
  type Settings,
} from '../../../shared/contracts';
import { loadSettings } from '../settings';
import { AudienceError } from './errors';

export type Attributes = Record<string, AttributeValue>;

/** The attributes that people may see and set themselves, in the order of the settings. */
export const publicAttributes = ({ attributes }: Pick<Settings, 'attributes'>): AttributeDeclaration[] =>
  attributes.filter((declaration) => declaration.public);

/**
 * What a form of the public says of the declared ones, in their types. Other names are passed over: a form on a website
 * must go on working when a declaration is taken away, and nothing that is not public can be set with it.
 * @throws AudienceError wrong-attribute
 */
export function fitPublic(
  declarations: readonly AttributeDeclaration[],
  raw: Record<string, unknown>,
): Attributes {
  const sent = declarations.filter(({ name }) => Object.hasOwn(raw, name));
  return Object.fromEntries(sent.map((declaration) => [declaration.name, fit(declaration, raw)]));
}

/**
 * What somebody sets who may set all: declared ones must fit their type, values of undeclared names stay as they are.
 * @throws AudienceError wrong-attribute
 */
export async function fitDeclared(db: Knex, raw: Attributes): Promise<Attributes> {
  const { attributes } = await loadSettings(db);
  return { ...raw, ...fitPublic(attributes, raw) };
}

/**
 * What code of the project sets: only declared ones, so that a slip of the pen is noticed.
 * @throws AudienceError unknown-attribute, wrong-attribute
 */
export async function fitOnlyDeclared(db: Knex, raw: Record<string, unknown>): Promise<Attributes> {
  const { attributes } = await loadSettings(db);
  const unknown = Object.keys(raw).find((name) => !attributes.some((one) => one.name === name));
  if (unknown === undefined) return fitPublic(attributes, raw);
  throw new AudienceError(
    'unknown-attribute',
    400,
    `"attributes.${unknown}" is not declared. Declare it in Settings › Newsletter › Attributes, or with registerAttribute.`,
  );
}

function fit(declaration: AttributeDeclaration, raw: Record<string, unknown>): AttributeValue {
  const result = coerceAttribute(declaration, raw[declaration.name]);
  if (result.ok) return result.value;
  throw new AudienceError('wrong-attribute', 400, `"attributes.${declaration.name}" ${result.problem}.`);
}

/** What a form leaves empty says nothing: only values are kept. */
export const filled = (attributes: Attributes): Attributes =>
  Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== null));
