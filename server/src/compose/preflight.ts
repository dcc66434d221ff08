import { addressDomain } from '../../../shared/address';
import type { AudienceCount, PreflightItem, Sender, Settings } from '../../../shared/contracts';
import type { DomainProblem, NewsletterConfig } from '../config';
import { checkTemplates, lacksSlot } from './check';
import { compileCampaign } from './compile';
import { describeProblem } from './errors';
import { isSafeUrl } from './escape';
import { scanHtml } from './html';
import { cleanHref, isLink, isPersonalPage, isWebAddress, linearize } from './links';
import { publicUrlItem } from './preflight-url';
import { SAMPLE_LINKS, samplePerson } from './sample';
import { hasSlot } from './slots';
import { parseSource } from './source';
import { isHelper } from './static-check';
import { CONTEXT_NAMES } from './context';
import type { CampaignSnapshot } from './types';
import { walk } from './walk';

/** What is checked: a draft with all that scheduling would copy. */
export interface PreflightDraft {
  snapshot: CampaignSnapshot;
  settings: Settings;
  /** Null when none is chosen or the chosen one is gone. */
  sender: Sender | null;
  /** The campaign names a template that does not exist any more. */
  templateMissing?: boolean;
}

export interface PreflightContext {
  config: Pick<NewsletterConfig, 'transports' | 'domains' | 'limits'>;
  publicUrl: string;
  production: boolean;
  /** Domains whose keys cannot be used (`checkDomains`). */
  domainProblems?: readonly DomainProblem[];
}

/** Characters of a subject that phones show, roughly. */
const SUBJECT_LENGTH = 70;

type Add = (
  level: PreflightItem['level'],
  id: string,
  message: string,
  values?: PreflightItem['values'],
) => void;

/** Everything that would keep a campaign from being sent well, blocking findings first. Pure. */
export function preflight(
  ctx: PreflightContext,
  draft: PreflightDraft,
  audience: AudienceCount,
): PreflightItem[] {
  const items: PreflightItem[] = [];
  const add: Add = (level, id, message, values = {}) => {
    const known = items.some(
      (item) => item.id === id && JSON.stringify(item.values) === JSON.stringify(values),
    );
    if (!known) items.push({ id, level, values, message });
  };
  checkSender(ctx, draft, add);
  checkBrand(draft.settings, add);
  const url = publicUrlItem(ctx);
  if (url) items.push(url);
  if (audience.recipients === 0) {
    add('blocking', 'no-recipients', 'Nobody would get this: choose a list with subscribed people.');
  }
  if (draft.templateMissing) {
    add('blocking', 'template-missing', 'The template of this campaign was deleted. Choose another one.');
  }
  checkContents(draft.snapshot, add);
  if (checkSources(draft.snapshot, add)) checkRendered(ctx, draft.snapshot, add);
  return items.sort((a, b) => Number(a.level === 'warning') - Number(b.level === 'warning'));
}

function checkSender(
  { config, domainProblems }: PreflightContext,
  { sender }: PreflightDraft,
  add: Add,
): void {
  const transports = Object.keys(config.transports);
  if (transports.length === 0) {
    add(
      'blocking',
      'no-transport',
      'There is no mail server. Set newsletter.config.transports in config/plugins.',
    );
  }
  if (!sender) {
    add('blocking', 'no-sender', 'Choose a sender. Senders are made in Settings › Newsletter.');
    return;
  }
  const domain = addressDomain(sender.email) ?? '';
  if (!Object.hasOwn(config.domains, domain)) {
    add(
      'blocking',
      'sender-domain',
      `The sender's domain ${domain} is not configured. Add it to newsletter.config.domains, or choose another sender.`,
      { domain },
    );
  }
  const broken = domainProblems?.find((problem) => problem.domain === domain);
  if (broken) {
    add(
      'blocking',
      'dkim-key',
      `The DKIM key of ${domain} cannot be used, so that nothing from there can be signed: ${broken.path}: ${broken.message}.`,
      { domain, path: broken.path, detail: broken.message },
    );
  }
  if (sender.transport && transports.length > 0 && !transports.includes(sender.transport)) {
    add(
      'blocking',
      'no-transport',
      `The sender uses the mail server “${sender.transport}”, which is not configured.`,
      { transport: sender.transport },
    );
  }
}

function checkBrand({ brand }: Settings, add: Add): void {
  if (!brand.name.trim()) {
    add(
      'blocking',
      'no-brand-name',
      'Say who is sending: enter a name in Settings › Newsletter › Senders & brand.',
    );
  }
  if (!brand.postalAddress.trim()) {
    add(
      'blocking',
      'no-postal-address',
      'The footer needs a postal address; the law asks for it. Enter it in Settings › Newsletter › Senders & brand.',
    );
  }
}

function checkContents(snapshot: CampaignSnapshot, add: Add): void {
  for (const { variant, language, subject, body } of snapshot.contents) {
    const values = { language, variant };
    if (!subject.trim()) add('blocking', 'no-subject', `The subject (${language}) is empty.`, values);
    if (!body.trim()) add('blocking', 'no-body', `The body (${language}) is empty.`, values);
  }
  for (const variant of new Set(snapshot.contents.map((content) => content.variant))) {
    const rows = snapshot.contents.filter((content) => content.variant === variant);
    if (!rows.some((row) => row.language.toLowerCase() === snapshot.defaultLanguage.toLowerCase())) {
      add(
        rows.length === 0 ? 'blocking' : 'warning',
        'missing-language',
        `There is no content in the default language ${snapshot.defaultLanguage}; everybody else would get ${rows[0]?.language}.`,
        { language: snapshot.defaultLanguage, variant },
      );
    }
  }
  if (snapshot.contents.length === 0) add('blocking', 'no-body', 'There is no content.');
}

/** Gives true when the sources can be rendered. */
function checkSources(snapshot: CampaignSnapshot, add: Add): boolean {
  const noSlot = snapshot.templateHtml !== null && lacksSlot(snapshot.templateHtml);
  if (noSlot) {
    add(
      'blocking',
      'no-content-slot',
      'The template has no {{{content}}}, so the body would not appear. Put it in.',
    );
  }
  const problems = snapshot.contents.length === 0 ? [] : checkTemplates(snapshot);
  const errors = problems.filter(
    (problem) => !(noSlot && problem.where === 'template' && problem.line === null),
  );
  for (const problem of errors) {
    add('blocking', 'template-error', describeProblem(problem), {
      where: problem.where,
      language: problem.language,
      line: problem.line ?? 0,
      column: problem.column ?? 0,
      detail: problem.message,
    });
  }
  const sources = [
    ...snapshot.contents.map(({ body, language }) => ({ source: body, place: `body (${language})` })),
  ];
  if (snapshot.templateHtml) sources.push({ source: snapshot.templateHtml, place: 'template' });
  for (const { source, place } of sources) {
    const { ast } = parseSource(source);
    if (!ast) continue;
    checkLinks(linearize(ast), place, snapshot.publicUrl, add);
    checkVariables(ast, place, add);
  }
  return errors.length === 0 && snapshot.contents.length > 0;
}

function checkLinks(html: string, place: string, publicUrl: string, add: Add): void {
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
function checkVariables(ast: hbs.AST.Program, place: string, add: Add): void {
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

function checkRendered({ config }: PreflightContext, snapshot: CampaignSnapshot, add: Add): void {
  const compiled = compileCampaign(snapshot, new Map());
  for (const content of snapshot.contents) {
    const mail = compiled.render(content, samplePerson(content.language), SAMPLE_LINKS);
    const kib = Math.ceil(Buffer.byteLength(mail.html) / 1024);
    const values = { language: content.language, variant: content.variant };
    if (kib > config.limits.htmlKib) {
      add(
        'warning',
        'html-size',
        `The mail (${content.language}) has ${kib} KiB of HTML. Gmail cuts off what exceeds 102: shorten it.`,
        { ...values, kib, limit: config.limits.htmlKib },
      );
    }
    const length = [...mail.subject].length;
    if (length > SUBJECT_LENGTH) {
      add(
        'warning',
        'subject-long',
        `The subject (${content.language}) has ${length} characters; many programs show about ${SUBJECT_LENGTH}.`,
        {
          ...values,
          length,
          limit: SUBJECT_LENGTH,
        },
      );
    }
    if (content.subject.trim() && !mail.subject) {
      add(
        'warning',
        'subject-may-be-empty',
        `The subject (${content.language}) can be empty when nothing is known about a person.`,
        values,
      );
    }
  }
}
