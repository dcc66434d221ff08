import {
  coerceAttribute,
  type AttributeDeclaration,
  type AttributeType,
  type PageLanguage,
} from '../../../../shared/contracts';
import { html, type Html } from './html';
import { WORDS } from './words';

/** Name of an attribute's field in forms: `attributes[city]`. */
export const fieldName = (name: string): string => `attributes[${name}]`;

/** The declared attributes that do not fit, as names. */
export function misfits(
  declarations: readonly AttributeDeclaration[],
  raw: Record<string, unknown>,
): ReadonlySet<string> {
  return new Set(
    declarations.filter((one) => !coerceAttribute(one, raw[one.name]).ok).map(({ name }) => name),
  );
}

/** A field each, with what was entered or is stored, and a sentence at those that did not fit. */
export function attributeFields(
  declarations: readonly AttributeDeclaration[],
  values: Record<string, unknown>,
  wrong: ReadonlySet<string>,
  language: PageLanguage,
): Html {
  return html`${declarations.map((one) => field(one, values[one.name], wrong.has(one.name), language))}`;
}

function field(
  { name, label, type }: AttributeDeclaration,
  value: unknown,
  isWrong: boolean,
  language: PageLanguage,
): Html {
  const id = `attribute-${name}`;
  return html`<label class="field" for="${id}">${label}</label> ${type === 'boolean'
      ? choice(id, name, value, language)
      : input(id, name, type, value, isWrong)}
    ${isWrong && problem(id, WORDS[language].form.wrong[type])}`;
}

function input(
  id: string,
  name: string,
  type: Exclude<AttributeType, 'boolean'>,
  value: unknown,
  isWrong: boolean,
): Html {
  const kind = { string: 'text', number: 'text', date: 'date' }[type];
  const mode = type === 'number' ? 'decimal' : 'text';
  // A date field shows nothing of a value that is no date: what was entered must not be lost.
  const shown = type === 'date' && isWrong ? 'text' : kind;
  const described = isWrong ? `${id}-problem` : '';
  return html`<input
    id="${id}"
    name="${fieldName(name)}"
    type="${shown}"
    inputmode="${mode}"
    maxlength="1000"
    aria-invalid="${String(isWrong)}"
    aria-describedby="${described}"
    value="${value === null || value === undefined ? '' : String(value)}"
  />`;
}

function choice(id: string, name: string, value: unknown, language: PageLanguage): Html {
  const words = WORDS[language].form;
  const coerced = coerceAttribute({ type: 'boolean' }, value);
  const current = coerced.ok ? coerced.value : null;
  const option = (own: boolean | null, text: string) => {
    const tag = own === null ? '' : String(own);
    return own === current
      ? html`<option value="${tag}" selected>${text}</option>`
      : html`<option value="${tag}">${text}</option>`;
  };
  return html`<select id="${id}" name="${fieldName(name)}">
    ${option(null, words.unsaid)} ${option(true, words.yes)} ${option(false, words.no)}
  </select>`;
}

/** What is wrong with a field; the field names it with aria-describedby. */
export const problem = (id: string, text: string): Html =>
  html`<p class="problem" id="${id}-problem">${text}</p>`;

/** Fields `attributes[name]` of a form, whichever parser read it, and those of a JSON body. */
export function attributesOf(form: Record<string, unknown>): Record<string, unknown> {
  const nested = form.attributes;
  const flat = Object.entries(form).flatMap(([key, value]) => {
    const name = /^attributes\[(\w{1,40})\]$/.exec(key)?.[1];
    return name === undefined ? [] : [[name, value] as const];
  });
  return { ...(typeof nested === 'object' ? nested : {}), ...Object.fromEntries(flat) };
}
