import type { RuleFields, RulePreviewDto } from '../../../../shared/contracts';
import { describeProblem, renderPreview, TemplateErrors } from '../../compose';
import type { Context } from '../../context';
import { findSender, loadSettings } from '../../settings';
import { campaignDefaults, findList, findTemplateById } from '../../storage';
import { ruleMatches } from './conditions';
import { titleOf, type Entry, type EntryType } from './entries';
import { languageFor, mapEntry } from './mapping';

/** What a rule would make of an entry; nothing is stored. */
export async function previewRule(
  ctx: Context,
  rule: RuleFields,
  { type, entry, locale }: { type: EntryType; entry: Entry; locale: string | null },
): Promise<RulePreviewDto> {
  const language = languageFor(rule, locale);
  const { subject, preheader, body, link, notes } = mapEntry(rule.mapping, {
    type,
    entry,
    locale,
    baseUrl: ctx.publicUrl,
  });
  const content = { variant: 'a', language, subject, preheader, body };
  const { html, problems } = await rendered(ctx, rule, content, titleOf(type, entry));
  return {
    entry: { documentId: entry.documentId, locale, title: titleOf(type, entry) },
    matches: ruleMatches(rule, entry, locale),
    language,
    subject,
    preheader,
    body,
    html,
    link,
    notes: [...notes, ...problems],
  };
}

async function rendered(
  { knex, publicUrl }: Context,
  rule: RuleFields,
  content: { variant: string; language: string; subject: string; preheader: string; body: string },
  name: string,
): Promise<{ html: string; problems: string[] }> {
  const settings = await loadSettings(knex);
  const templateId = rule.template ?? (await campaignDefaults(knex)).template;
  const template = templateId === null ? null : await findTemplateById(knex, templateId);
  const listId = rule.audience.include.lists[0];
  const list = listId === undefined ? null : await findList(knex, listId);
  const snapshot = {
    campaignId: '',
    name,
    version: 0,
    sender: findSender(settings, rule.sender) ?? { id: '', name: '', email: '' },
    contents: [content],
    defaultLanguage: content.language,
    templateHtml: template?.html ?? null,
    brand: settings.brand,
    tracking: { opens: false, clicks: false },
    // Who gets it does not show in a mail.
    audience: { include: { lists: [], segments: [] }, exclude: { lists: [], segments: [] } },
    list: { name: list?.name ?? '', slug: list?.slug ?? 'newsletter' },
    pacePerHour: null,
    publicUrl,
  };
  try {
    const { mail } = renderPreview(snapshot, {
      subscriber: null,
      language: content.language,
      variant: null,
      declared: settings.attributes,
    });
    return { html: mail.html, problems: [] };
  } catch (error) {
    if (!(error instanceof TemplateErrors)) throw error;
    return { html: '', problems: error.problems.map(describeProblem) };
  }
}
