import type { Context as KoaContext } from 'koa';
import { actionId, type ActionName, type RuleAction } from '../../../../shared/contracts';
import { PublishError, type Entry, type EntryType } from '../../campaign';
import type { Ability } from '../../publish-entries';
import { getEntries } from '../../publish-hook';
import { Refusal } from '../../refusal';

const abilityOf = (ctx: KoaContext) =>
  (ctx.state as { userAbility: Ability & { can(action: string): boolean } }).userAbility;

/** What a rule may do by itself, whoever has it do so must be allowed to do. @throws Refusal (HTTP 403) */
export function refuseWithoutSending(ctx: KoaContext, action: RuleAction): void {
  const needed: ActionName = action === 'draft' ? 'campaignsEdit' : 'campaignsSend';
  if (abilityOf(ctx).can(actionId(needed))) return;
  throw new Refusal(
    'ForbiddenError',
    action === 'draft'
      ? 'Your role may not make campaigns, so it cannot have a rule do so.'
      : 'Your role may not send campaigns, so it cannot have a rule do so. Choose that the rule leaves a draft.',
  );
}

/**
 * A content type whose entries this admin may read in Content Manager.
 * @throws PublishError 404 when there is none with this uid; Refusal (HTTP 403)
 */
export async function readableType(ctx: KoaContext, uid: string): Promise<EntryType> {
  const type = await getEntries().type(uid);
  if (!type) {
    const message = `There is no content type "${uid.slice(0, 120)}" whose entries could become newsletters.`;
    throw new PublishError('not-found', 404, message);
  }
  if (!getEntries().mayRead(abilityOf(ctx), uid)) throw unreadable(type);
  return type;
}

export const mayReadType = (ctx: KoaContext, uid: string): boolean =>
  getEntries().mayRead(abilityOf(ctx), uid);

/**
 * An entry as far as this admin may read it: the published version, or else the draft.
 * @throws PublishError 404; Refusal (HTTP 403)
 */
export async function readableEntry(
  ctx: KoaContext,
  type: EntryType,
  documentId: string,
  locale: string | null,
): Promise<Entry> {
  const source = getEntries();
  const request = { uid: type.uid, documentId, locale };
  const entry =
    (await source.load({ ...request, status: 'published' })) ??
    (await source.load({ ...request, status: 'draft' }));
  if (!entry) {
    const where = locale === null ? '' : ` in the locale "${locale}"`;
    throw new PublishError(
      'not-found',
      404,
      `This ${type.name} does not exist${where}. It may have been deleted.`,
    );
  }
  if (!source.mayRead(abilityOf(ctx), type.uid, entry)) throw unreadable(type);
  return source.readable(abilityOf(ctx), type.uid, entry);
}

const unreadable = (type: EntryType) =>
  new Refusal('ForbiddenError', `Your role may not read ${type.name} in the content manager.`);
