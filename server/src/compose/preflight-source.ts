import type { PreflightItem } from '../../../shared/contracts';
import { CONTEXT_NAMES } from './context';
import { isSafeUrl } from './escape';
import { scanHtml } from './html';
import { cleanHref, isLink, isPersonalPage, isWebAddress } from './links';
import { hasSlot } from './slots';
import { isHelper } from './static-check';
import { walk } from './walk';

/** Adds a finding of preflight unless it is there. */
export type Add = (
  level: PreflightItem['level'],
  id: string,
  message: string,
  values?: PreflightItem['values'],
) => void;

/** Links and images that readers could not use, and elements that mail programs take out. */
export function checkLinks(html: string, place: string, publicUrl: string, add: Add): void {
  scanHtml(html, {
    open(element) {
      const attribute = (name: string) => element.attributes.find((one) => one.name === name)?.value;
      const href = attribute('href');
      if (isLink(element) && href !== undefined) {
        const url = cleanHref(href);
        if (!hasSlot(url)) checkAddress(url, place, publicUrl, add);
      }
      if (element.name === 'img' && attribute('alt') === undefined) {
        add(
          'warning',
          'image-without-alt',
          `An image in the ${place} has no alt text for readers who do not see it.`,
          {
            place,
            src: (attribute('src') ?? '').slice(0, 100),
          },
        );
      }
      if (
        ['form', 'iframe', 'object', 'embed', 'video'].includes(element.name) ||
        isCode(element.name, attribute('type'))
      ) {
        add(
          'warning',
          'unsupported-element',
          `Mail programs remove <${element.name}>, which the ${place} uses.`,
          {
            place,
            element: element.name,
          },
        );
      }
    },
  });
}

const isCode = (name: string, type: string | undefined) =>
  name === 'script' && type !== 'application/ld+json';

function checkAddress(url: string, place: string, publicUrl: string, add: Add): void {
  const values = { place, url: url.slice(0, 200) };
  if (url === '' || url === '#')
    add('warning', 'empty-link', `A link in the ${place} leads nowhere.`, values);
  else if (!isSafeUrl(url)) {
    add(
      'warning',
      'unsafe-link',
      `The link ${values.url} in the ${place} is not allowed in a mail and is left out.`,
      values,
    );
  } else if (isPersonalPage(url, publicUrl)) {
    add(
      'blocking',
      'unsubscribe-link-in-body',
      `The ${place} holds a personal link of somebody (${values.url}). Write {{unsubscribeUrl}}, {{preferencesUrl}} or {{viewUrl}} instead.`,
      values,
    );
  } else if (/^https?:/i.test(url) && !isWebAddress(url)) {
    add('warning', 'invalid-link', `The link ${values.url} in the ${place} is not a web address.`, values);
  } else if (!/^[a-z][a-z0-9+.-]*:/i.test(url) && !url.startsWith('#')) {
    add(
      'warning',
      'relative-link',
      `The link ${values.url} in the ${place} needs a whole address with https://.`,
      values,
    );
  }
}

/** A misspelt name would leave an empty place in every mail. */
export function checkVariables(ast: hbs.AST.Program, place: string, add: Add): void {
  const names: readonly string[] = CONTEXT_NAMES;
  walk(
    ast,
    {
      path: (path, depth) => {
        const [root] = path.parts;
        if (depth > 0 || path.data || path.depth > 0 || root === undefined || names.includes(root)) return;
        add(
          'warning',
          'unknown-variable',
          `The ${place} uses {{${path.original}}}, which is always empty. Did you mean attributes.${path.original}?`,
          {
            place,
            name: path.original,
            line: path.loc.start.line,
          },
        );
      },
      call: ({ node, kind }) => {
        const path = node.path as hbs.AST.PathExpression;
        const personal = ['email', 'firstName', 'lastName', 'name', 'attributes'].includes(
          path.parts?.[0] ?? '',
        );
        if (kind === 'mustache' && !(node as hbs.AST.MustacheStatement).escaped && personal) {
          add(
            'warning',
            'raw-value',
            `The ${place} shows {{{${path.original}}}} without escaping. Use two braces unless it holds HTML of yours.`,
            {
              place,
              name: path.original,
            },
          );
        }
      },
    },
    isHelper,
  );
}

/** An attribute that nobody declared is empty for everybody, or is left over from one that was removed. */
export function checkAttributes(
  ast: hbs.AST.Program,
  place: string,
  declared: ReadonlySet<string>,
  add: Add,
): void {
  const path = (node: hbs.AST.PathExpression, depth: number) => {
    const parts = node.data && node.parts[0] === 'root' ? node.parts.slice(1) : node.parts;
    const isAtRoot = node.data ? parts !== node.parts : depth === 0 && node.depth === 0;
    const [root, name] = parts;
    if (!isAtRoot || root !== 'attributes' || name === undefined || declared.has(name)) return;
    add(
      'warning',
      'undeclared-attribute',
      `The ${place} uses attributes.${name}, but no attribute “${name}” is declared. Declare it in Settings › Newsletter › Attributes, or correct the name.`,
      { place, name },
    );
  };
  walk(ast, { path }, isHelper);
}
