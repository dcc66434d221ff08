/** Markup that is safe to send: every value that went into it was escaped, or was such markup itself. */
export class Html {
  constructor(private readonly markup: string) {}

  toString(): string {
    return this.markup;
  }
}

type Value = string | number | null | undefined | false | Html | readonly Value[];

/**
 * The only way in which the public pages make HTML. Values are escaped for text and quoted attributes; nested `html`
 * and arrays of it go in as they are; null, undefined and false leave nothing. Attributes must be quoted in the
 * template. Not for URLs of unknown scheme, scripts or styles.
 */
export function html(strings: TemplateStringsArray, ...values: Value[]): Html {
  return new Html(strings.reduce((out, text, i) => out + render(values[i - 1]) + text));
}

function render(value: Value): string {
  if (value === null || value === undefined || value === false) return '';
  if (value instanceof Html) return value.toString();
  if (Array.isArray(value)) return (value as readonly Value[]).map(render).join('');
  return String(value).replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`);
}
