import { addressDomain } from '../../../shared/address';
import type { AudienceCount, PreflightItem, Sender, Settings } from '../../../shared/contracts';
import { ehloName, isHostName, type DomainProblem, type NewsletterConfig } from '../config';
import { checkTemplates, lacksSlot } from './check';
import { compileCampaign } from './compile';
import { describeProblem } from './errors';
import { linearize } from './links';
import { checkAttributes, checkLinks, checkVariables, type Add } from './preflight-source';
import { publicUrlItem } from './preflight-url';
import { emptyPerson, SAMPLE_LINKS, samplePerson } from './sample';
import { parseSource } from './source';
import type { CampaignSnapshot } from './types';

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
  if (checkSources(draft, add)) checkRendered(ctx, draft, add);
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
  checkRoutes(sender, transports, add);
  checkDirect(config, sender, domain, add);
}

/** Who delivers without a relay has to sign, and needs a name that receivers can look up. */
function checkDirect(config: PreflightContext['config'], sender: Sender, domain: string, add: Add): void {
  const named = sender.transports?.map(({ name }) => name) ?? [];
  for (const name of named.length > 0 ? named : Object.keys(config.transports).slice(0, 1)) {
    const transport = config.transports[name];
    if (transport?.type !== 'mx') continue;
    if (config.domains[domain]?.dkim === 'relay') {
      add(
        'blocking',
        'unsigned-direct',
        `“${name}” delivers without a relay, but the signature of ${domain} is left to one: nobody would sign. Give the domain a DKIM key.`,
        { transport: name, domain },
      );
    }
    const host = ehloName(transport);
    if (!isHostName(host)) {
      add(
        'warning',
        'ehlo-name',
        `“${name}” calls itself “${host}”, which is no full host name; many mail servers refuse that. Set its name to one such as mail.example.com.`,
        { transport: name, host },
      );
    }
  }
}

/** One known transport is enough to send; without any the campaign would be paused at once. */
function checkRoutes(sender: Sender, configured: readonly string[], add: Add): void {
  const named = (sender.transports ?? []).map(({ name }) => name);
  const unknown = named.filter((name) => !configured.includes(name));
  if (unknown.length === 0 || configured.length === 0) return;
  const transport = unknown.join(', ');
  if (unknown.length === named.length) {
    add(
      'blocking',
      'no-transport',
      named.length === 1
        ? `The sender uses the mail server “${transport}”, which is not configured.`
        : `The sender uses the mail servers ${transport}, none of which is configured.`,
      { transport },
    );
    return;
  }
  add(
    'warning',
    'unknown-transport',
    `Some of the sender's mail servers are not configured (${transport}); the others take their share.`,
    { transport },
  );
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
function checkSources({ snapshot, settings }: PreflightDraft, add: Add): boolean {
  const noSlot = snapshot.templateHtml !== null && lacksSlot(snapshot.templateHtml);
  if (noSlot) {
    add(
      'blocking',
      'no-content-slot',
      'The template has no {{{content}}}, so the body would not appear. Put it in.',
    );
  }
  const problems = snapshot.contents.length === 0 ? [] : checkTemplates(snapshot, settings.attributes);
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
  const declared = new Set(settings.attributes.map(({ name }) => name));
  for (const { source, place } of sources) {
    const { ast } = parseSource(source);
    if (!ast) continue;
    checkLinks(linearize(ast), place, snapshot.publicUrl, add);
    checkVariables(ast, place, add);
    checkAttributes(ast, place, declared, add);
  }
  for (const { language, subject, preheader } of snapshot.contents) {
    for (const [place, source] of Object.entries({ subject, preheader })) {
      const { ast } = parseSource(source);
      if (ast) checkAttributes(ast, `${place} (${language})`, declared, add);
    }
  }
  return errors.length === 0 && snapshot.contents.length > 0;
}

function checkRendered({ config }: PreflightContext, { snapshot, settings }: PreflightDraft, add: Add): void {
  const compiled = compileCampaign(snapshot, new Map());
  for (const content of snapshot.contents) {
    const mail = compiled.render(content, samplePerson(content.language, settings.attributes), SAMPLE_LINKS);
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
    if (content.subject.trim() && !compiled.render(content, emptyPerson, SAMPLE_LINKS).subject) {
      add(
        'warning',
        'subject-may-be-empty',
        `The subject (${content.language}) can be empty when nothing is known about a person.`,
        values,
      );
    }
  }
}
