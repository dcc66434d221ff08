import { createId } from '@paralleldrive/cuid2';
import { ruleInputSchema, type RuleFields, type RuleMapping } from '../../../../shared/contracts';
import type { Context } from '../../context';
import { inTransaction, insertManualFiring, type RuleRecord } from '../../storage';
import { createDraft } from '../drafts';
import { draftFrom } from './draft';
import { titleOf, type Entry, type EntryType } from './entries';
import { suggestMapping } from './suggest';

export interface EntryDraftRequest {
  type: EntryType;
  entry: Entry;
  locale: string | null;
  /** Whose mapping, template, sender and audience are taken. */
  rule: RuleRecord | null;
  /** Instead of the rule's mapping; without both it is guessed from the fields. */
  mapping: RuleMapping | null;
}

/**
 * "Send as newsletter": makes a draft of an entry, whatever was made of it before, and notes it in the activity.
 * @throws PublishError when the rule's template or sender is gone
 */
export async function draftEntry(
  ctx: Context,
  { type, entry, locale, rule, mapping }: EntryDraftRequest,
): Promise<{ campaign: string; notes: string[] }> {
  const fields: RuleFields =
    rule ??
    ruleInputSchema.parse({
      name: type.name,
      contentType: type.uid,
      mapping: suggestMapping(type),
    });
  const wanted = mapping === null ? fields : { ...fields, mapping };
  return inTransaction(ctx.knex, async (trx) => {
    const inside = { ...ctx, knex: trx };
    const { input, notes } = await draftFrom(inside, wanted, { type, entry, locale });
    // Without a rule, the audience is that of any new campaign.
    const { audience, ...rest } = input;
    const campaign = await createDraft(inside, rule && audience ? { ...rest, audience } : rest);
    await insertManualFiring(trx, {
      ruleId: rule?.documentId ?? '',
      contentType: type.uid,
      entryId: entry.documentId,
      locale: locale ?? '',
      occasion: `manual-${createId()}`,
      title: titleOf(type, entry),
      campaignId: campaign,
    });
    return { campaign, notes };
  });
}
