import {
  CLASS_SEVERITY,
  REASON_CLASS,
  type FeedbackKind,
  type Reason,
  type ReplyClass,
  type Severity,
} from '../../../../shared/contracts';
import { explain, oneLine, readReply, type Refusal } from '../../reasons';
import type { ProviderEvent } from './types';

/** What a word of a provider means. One row per word; each table names the page that defines its words. */
export interface Meaning {
  kind: FeedbackKind;
  /** For bounces. */
  reason?: Reason;
  /** Another class than the reason's: an address on a provider's list of dead ones is dead. */
  class?: ReplyClass;
  /** The word says little: what the receiving server said decides, or its status alone; `reason` when that says nothing. */
  ask?: true;
  /** The provider says that it is not for ever: nobody is dead by it, whatever the server said. */
  temporary?: true;
}

export const meaning = {
  /** For good; the server's words say why. */
  permanent: (reason: Reason): Meaning => ({ kind: 'bounce', reason, ask: true }),
  /** Given up, but not for good. */
  temporary: (reason: Reason): Meaning => ({ kind: 'bounce', reason, ask: true, temporary: true }),
  /** The word itself says why. */
  exactly: (reason: Reason): Meaning => ({ kind: 'bounce', reason }),
  /** The provider does not mail this address any more, since it was dead before. */
  knownDead: { kind: 'bounce', reason: 'suppressed', class: 'invalid' } satisfies Meaning as Meaning,
  is: (kind: FeedbackKind): Meaning => ({ kind }),
};

/** What the table of reasons answers where it knows no more than that something was refused. */
const SAYS_NOTHING: ReadonlySet<Reason> = new Set(['undefined', 'onhold']);

type Understood = Pick<
  ProviderEvent,
  'kind' | 'reason' | 'class' | 'severity' | 'replyCode' | 'status' | 'text'
>;

const WITHOUT_FAILURE: Partial<Record<FeedbackKind, Reason>> = {
  complaint: 'feedback',
  delivered: 'delivered',
  'auto-reply': 'vacation',
};

/**
 * A provider that gives up for good speaks of the recipient: "550 No such user" means what it means at RCPT, whether or
 * not a code is returned with it.
 */
function refusalOf(
  temporary: true | undefined,
  code: number | null,
  status: string | null,
): Pick<Refusal, 'stage' | 'code' | 'status'> {
  return temporary
    ? { stage: 'unknown', code, status }
    : { stage: 'rcpt', code: code ?? (status ? null : 550), status };
}

/**
 * Puts the word of a provider and the words of the receiving server together.
 * @param said the server's reply, as far as the provider returns it
 */
export function understand(
  { kind, reason: fallback = 'undefined', class: fixed, ask, temporary }: Meaning,
  said: { text: string; status?: string; code?: number | null },
): Understood {
  const line = oneLine(said.text.replace(/^\s*smtp;\s*/i, ''));
  // Some give the code beside the text.
  const reply = readReply(line) ?? (said.code ? readReply(`${said.code} ${line}`) : null);
  const status = said.status || reply?.status || null;
  const replyCode = said.code || reply?.code || null;
  const facts = { replyCode, status, text: line || null };
  if (kind !== 'bounce') {
    const reason = WITHOUT_FAILURE[kind] ?? 'undefined';
    return { kind, ...facts, reason, class: REASON_CLASS[reason], severity: 'none' };
  }
  // A code alone says only that something was refused.
  const found =
    ask && (line !== '' || status !== null)
      ? explain({ ...refusalOf(temporary, replyCode, status), text: reply?.text ?? line })
      : null;
  const words = found && !SAYS_NOTHING.has(found.reason) ? found : null;
  const reason = words?.reason ?? fallback;
  const byWords = words?.class ?? fixed ?? REASON_CLASS[reason];
  const severity: Severity = CLASS_SEVERITY[byWords];
  // What is not for good kills nobody, in whatever words.
  return temporary && severity === 'hard'
    ? { kind, ...facts, reason: 'undefined', class: 'other', severity: CLASS_SEVERITY.other }
    : { kind, ...facts, reason, class: byWords, severity };
}
