const set = (names: string): ReadonlySet<string> => new Set(names.split(/\s+/));

/** Elements that stay, with the names that mail programs know. */
export const KEPT = set(
  'a abbr b bdi bdo big blockquote br caption cite code dd del dfn div dl dt em h1 h2 h3 h4 h5 h6 hr i img ins kbd li ' +
    'mark ol p pre q rp rt ruby s samp small span strong sub sup table tbody td tfoot th thead time tr tt u ul var wbr',
);

/** Elements that stay under another name, since mail programs drop or misplace the original. */
export const RENAMED: ReadonlyMap<string, string> = new Map(
  Object.entries({
    address: 'div',
    article: 'div',
    aside: 'div',
    center: 'div',
    details: 'div',
    figcaption: 'div',
    figure: 'div',
    font: 'span',
    footer: 'div',
    header: 'div',
    hgroup: 'div',
    main: 'div',
    nav: 'div',
    section: 'div',
    strike: 's',
    summary: 'div',
  }),
);

/** Elements that go with everything in them. */
export const DROPPED = set(
  'applet base button canvas datalist dialog fieldset frame frameset head input legend link map math menuitem meta ' +
    'meter noembed noframes noscript optgroup option output param progress script select slot style svg template ' +
    'textarea title xmp',
);

/** Those of the dropped that an editor put there for readers, who should be told. */
export const FORM_CONTROLS = set('button fieldset input output select textarea');

/** Elements of players and foreign pages, which mails cannot show: a link takes their place. */
export const EMBEDDED = set('audio embed iframe object oembed video');

/** Of the kept ones those that stand in a line of text. */
export const INLINE = set(
  'a abbr b bdi bdo big br cite code del dfn em i img ins kbd mark q rp rt ruby s samp small span strong sub sup time tt u ' +
    'var wbr',
);

export const VOID = set('br hr img wbr');

const GLOBAL = set('align bgcolor dir lang style title valign');
const OWN: Record<string, ReadonlySet<string>> = {
  a: set('href data-no-track'),
  img: set('src alt width height border'),
  li: set('value'),
  ol: set('start type reversed'),
  ul: set('type'),
  table: set('border cellpadding cellspacing width role'),
  td: set('colspan rowspan width height nowrap'),
  th: set('colspan rowspan width height nowrap scope'),
  time: set('datetime'),
};

export const isAllowedAttribute = (tag: string, name: string): boolean =>
  GLOBAL.has(name) || (Object.hasOwn(OWN, tag) && OWN[tag]!.has(name));

/** CSS that mail programs honour and that cannot lay one thing over another. Longhands of `border` and so on count too. */
const PROPERTIES = set(
  'background background-color border border-collapse border-radius border-spacing clear color direction float ' +
    'font-family font-size font-style font-weight height letter-spacing line-height list-style-type margin max-width ' +
    'min-width padding text-align text-decoration text-indent text-transform vertical-align white-space width word-break',
);
const LONGHAND =
  /^(border|margin|padding)-(top|right|bottom|left)(-(color|style|width))?$|^border-(color|style|width)$/;
/** Letters of every script (names of fonts), numbers, units, colours. No escapes, no comments, no addresses. */
const VALUE = /^(?!.*(url|expression|attr|var|env|image|gradient)\s*\()[\p{L}\p{N}\s#%.,'"()!+-]{1,200}$/iu;

/** The declarations of a style that a mail may keep; of two for the same property the last one counts, as in CSS. */
export function safeStyle(style: string): string {
  const kept = new Map<string, string>();
  for (const { property, value } of declarations(style)) {
    const known = PROPERTIES.has(property) || LONGHAND.test(property);
    if (!known || !VALUE.test(value) || !hasPairedQuotes(value)) continue;
    kept.delete(property);
    kept.set(property, value);
  }
  return [...kept].map(([property, value]) => `${property}:${value}`).join(';');
}

/** True for what a reader of the website does not see either. */
export function isHiddenElement(attributes: Readonly<Record<string, string>>): boolean {
  if ('hidden' in attributes) return true;
  return declarations(attributes.style ?? '').some(
    ({ property, value }) =>
      (property === 'display' && /^none\b/i.test(value)) ||
      (property === 'visibility' && /^hidden\b/i.test(value)) ||
      (property === 'mso-hide' && /^all\b/i.test(value)),
  );
}

function declarations(style: string): { property: string; value: string }[] {
  return style
    .slice(0, 4000)
    .split(';')
    .map((declaration) => {
      const colon = declaration.indexOf(':');
      return {
        property: declaration.slice(0, Math.max(0, colon)).trim().toLowerCase(),
        value: declaration.slice(colon + 1).trim(),
      };
    })
    .filter(({ property }) => property !== '');
}

const hasPairedQuotes = (value: string): boolean =>
  value.split('"').length % 2 === 1 && value.split("'").length % 2 === 1;

/**
 * What CKEditor says with classes, as styles: mails carry no classes.
 * https://ckeditor.com/docs/ckeditor5/latest/getting-started/setup/css.html
 */
const CLASS_STYLES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    'text-tiny': 'font-size:11px',
    'text-small': 'font-size:13px',
    'text-big': 'font-size:20px',
    'text-huge': 'font-size:26px',
    'marker-yellow': 'background-color:#fdfd77',
    'marker-green': 'background-color:#62f962',
    'marker-pink': 'background-color:#fc7899',
    'marker-blue': 'background-color:#72ccfd',
    'pen-red': 'background-color:transparent;color:#e71313',
    'pen-green': 'background-color:transparent;color:#128a00',
    'image-style-align-center': 'text-align:center',
    'image-style-align-right': 'text-align:right',
    'image-style-block-align-right': 'text-align:right',
  }),
);

export const styleOfClasses = (classes: string): string =>
  classes
    .split(/\s+/)
    .map((name) => CLASS_STYLES.get(name))
    .filter(Boolean)
    .join(';');
