import { firstAddress } from './address';
import type { DeliveryStatus } from './dsn';
import type { Fields } from './fields';
import { judge } from './judge';
import { sendersOf } from './marks';
import type { Mail } from './mime';
import { othersIn, readNotice, type NoticeEntry } from './notice';
import type { ReportRecipient } from './types';

/** What a report says, recipient by recipient: by its fields, else by its text. Empty where no form names anybody. */
export function recipientsOf(
  mail: Mail,
  report: DeliveryStatus,
  notice: string,
  copy: Fields | null,
  subject: string,
): ReportRecipient[] {
  const ours = sendersOf(mail.fields, copy);
  const wanted = new Set(report.recipients.map((row) => row.recipient?.toLowerCase()));
  const senders = new Set([...ours].filter((address) => !wanted.has(address)));
  let entries = readNotice(notice, senders);
  if (report.recipients.length > 0) {
    const single = report.recipients.length === 1;
    return once(
      report.recipients.map((row) => {
        const entry =
          entries.find((candidate) => candidate.recipient.toLowerCase() === row.recipient?.toLowerCase()) ??
          (single ? entries[0] : undefined);
        return judge({
          recipient: row.recipient ?? entry?.recipient ?? null,
          action: row.action === 'expired' ? 'failed' : row.action,
          status: row.status,
          diagnostic: row.diagnosticType === 'x-unix' ? `x-unix; ${row.diagnostic}` : row.diagnostic,
          entry: entry?.text ?? '',
          notice: single ? notice : '',
          hosts: `${row.remote} ${report.reporter ?? ''}`,
        });
      }),
    );
  }
  const list = listOf(mail);
  if (list && notice.toLowerCase().includes(list.toLowerCase()))
    entries = [{ recipient: list, text: notice }];
  if (entries.length === 0)
    entries = mail.fields
      .all('x-failed-recipients')
      .flatMap((value) => othersIn(value, new Set()))
      .map((recipient) => ({ recipient, text: '' }));
  if (entries.length === 0) entries = readNotice(notice, new Set());
  return judgeEntries(entries, notice, subject);
}

/** A mailing list that answers from the address of its keeper (fml, Mailman, Majordomo) speaks of itself. */
function listOf(mail: Mail): string | null {
  const from = firstAddress(mail.fields.get('from'));
  const found = /^(.{1,100})-(?:admin|owner|bounces|request)@(.{1,200})$/i.exec(from ?? '');
  return found && `${found[1]}@${found[2]}`;
}

/** Recipients that no form names. */
export function guessed(mail: Mail, notice: string, copy: Fields | null, subject: string): ReportRecipient[] {
  return judgeEntries(guess(notice, sendersOf(mail.fields, copy), copy), notice, subject);
}

/** What notices of a delay say. */
const NOT_GIVEN_UP =
  /warning message only|still (?:being|undelivered|trying)|(?:will|are) (?:be retried|keep|continue|being)|not yet been delivered|no action is required|has been delayed/i;

function judgeEntries(entries: NoticeEntry[], notice: string, subject: string): ReportRecipient[] {
  const isDelay = /\bdelay/i.test(subject) || (/warning/i.test(subject) && NOT_GIVEN_UP.test(notice));
  const action = isDelay && !/fail/i.test(subject) ? ('delayed' as const) : ('failed' as const);
  return entries.map((entry) =>
    judge({
      recipient: entry.recipient,
      action,
      status: '',
      diagnostic: '',
      entry: entry.text,
      notice: entries.length === 1 ? notice : '',
      hosts: '',
    }),
  );
}

/** The only foreign address of the notice, else the one to whom the returned copy went. */
function guess(notice: string, senders: ReadonlySet<string>, copy: Fields | null): NoticeEntry[] {
  // whose mail somebody does not take is not who does not get it
  const named = othersIn(notice.replace(/\bfrom:? {0,3}<?[^\s<>]{1,320}/gi, ' '), senders);
  if (named.length === 1) return [{ recipient: named[0]!, text: '' }];
  const to = ['x-original-to', 'delivered-to', 'to'].flatMap((name) => copy?.all(name) ?? []);
  const addressed = [...new Set(to.flatMap((value) => othersIn(value, senders)))];
  return addressed.length === 1 ? [{ recipient: addressed[0]!, text: '' }] : [];
}

/** Some name a recipient once for each list through which the mail came: what is final counts. */
function once(rows: ReportRecipient[]): ReportRecipient[] {
  const known = new Map<string, ReportRecipient>();
  for (const row of rows) {
    const key = row.recipient?.toLowerCase() ?? `nobody ${known.size}`;
    const before = known.get(key);
    if (!before || (before.action !== 'failed' && row.action === 'failed')) known.set(key, row);
  }
  return [...known.values()];
}
