import type { Knex } from 'knex';
import type { Audience, RuleFields, RuleGroup } from '../../../../shared/contracts';
import type { Context } from '../../context';
import { findSender, loadSettings } from '../../settings';
import { ensureSegment, findList, findTemplateById } from '../../storage';
import type { DraftInput } from '../drafts';
import { titleOf, type Entry, type EntryType } from './entries';
import { PublishError } from './errors';
import { languageFor, mapEntry } from './mapping';

const NAME_LENGTH = 200;

/**
 * What a rule makes of an entry: the input of a new campaign.
 * @param ctx its knex may be a transaction; a segment for the language can be made in it
 * @throws PublishError when the rule's template, its sender or a list that it leaves out is gone
 */
export async function draftFrom(
  ctx: Context,
  rule: RuleFields,
  { type, entry, locale }: { type: EntryType; entry: Entry; locale: string | null },
): Promise<{ input: DraftInput; notes: string[] }> {
  await refuseBroken(ctx, rule);
  const language = languageFor(rule, locale);
  const mapped = mapEntry(rule.mapping, { type, entry, locale, baseUrl: ctx.publicUrl });
  const byDefault = locale === null || locale === type.defaultLocale;
  const { subject, preheader, body } = mapped;
  return {
    notes: mapped.notes,
    input: {
      name: campaignName(titleOf(type, entry), locale),
      audience:
        rule.audienceLanguage === 'all'
          ? rule.audience
          : await narrowed(ctx.knex, rule.audience, language, byDefault),
      defaultLanguage: language,
      contents: [{ variant: 'a', language, subject, preheader, body }],
      // Left out, so that a new campaign's defaults apply.
      ...(rule.sender === null ? {} : { sender: rule.sender }),
      ...(rule.template === null ? {} : { template: rule.template }),
    },
  };
}

async function refuseBroken({ knex }: Context, { template, sender, audience }: RuleFields): Promise<void> {
  if (template !== null && !(await findTemplateById(knex, template))) {
    throw new PublishError(
      'rule-broken',
      400,
      'The template of the rule was deleted. Choose another one in the rule, then try again.',
    );
  }
  if (sender !== null && !findSender(await loadSettings(knex), sender)) {
    throw new PublishError(
      'rule-broken',
      400,
      'The sender of the rule was removed from Settings. Choose another one in the rule, then try again.',
    );
  }
  for (const list of audience.exclude.lists) {
    if (await findList(knex, list)) continue;
    throw new PublishError(
      'rule-broken',
      400,
      'A list that the audience of the rule leaves out was deleted: without it, the newsletter would go to the people on it. Look at the audience of the rule, then try again.',
    );
  }
}

function campaignName(title: string, locale: string | null): string {
  const suffix = locale === null ? '' : ` (${locale})`;
  return title.slice(0, NAME_LENGTH - suffix.length).trim() + suffix;
}

/** The audience without the people who read another language; who has none reads the default one. */
async function narrowed(
  trx: Knex,
  audience: Audience,
  language: string,
  byDefault: boolean,
): Promise<Audience> {
  const reads: RuleGroup['rules'] = [
    { field: 'language', operator: 'is', value: language },
    { field: 'language', operator: 'startsWith', value: `${language}-` },
  ];
  if (byDefault) reads.push({ field: 'language', operator: 'isNotSet' });
  const name = `Does not read ${language}${byDefault ? ' (the default language)' : ''}`;
  const others = await ensureSegment(trx, name, { combinator: 'or', not: true, rules: reads });
  const { include, exclude } = audience;
  return { include, exclude: { ...exclude, segments: [...new Set([...exclude.segments, others])] } };
}
