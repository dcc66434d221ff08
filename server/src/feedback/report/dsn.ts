import { addressesIn, firstAddress } from './address';
import { decodeWords } from './charset';
import { readFields, type Fields } from './fields';
import type { ReportAction } from './types';

const MAX_RECIPIENTS = 200;

/** What RFC 3464 §2.3 says of one recipient. */
export interface StatusGroup {
  recipient: string | null;
  action: ReportAction | 'expired' | null;
  /** '' where there is none. */
  status: string;
  diagnostic: string;
  /** `smtp`, `x-unix`, … in lower case. */
  diagnosticType: string;
  remote: string;
}

export interface DeliveryStatus {
  reporter: string | null;
  recipients: StatusGroup[];
}

const ACTIONS: readonly string[] = ['failed', 'delayed', 'relayed', 'expanded', 'delivered', 'expired'];

/** True where a text has recipient fields of RFC 3464, whatever type its part claims. */
export const hasStatusFields = (text: string): boolean =>
  /^(?:final|original)-recipient[ \t]{0,4}:/im.test(text);

/**
 * Reads message/delivery-status, also where a gateway put it into plain text: groups of fields between empty lines, in any
 * order, with or without the fields of the whole message.
 */
export function readDeliveryStatus(text: string): DeliveryStatus {
  const recipients: StatusGroup[] = [];
  let reporter: string | null = null;
  for (const block of groups(text)) {
    const { fields } = readFields(block);
    const mta = fields.get('reporting-mta');
    if (mta) reporter ??= typed(mta).value.split(/[\s(]/, 1)[0]!.toLowerCase() || null;
    if (recipients.length < MAX_RECIPIENTS) {
      const group = readGroup(fields);
      if (group) recipients.push(group);
    }
  }
  return { reporter, recipients };
}

/** Blocks between empty lines; a second recipient in a block begins one of its own. */
function groups(text: string): string[] {
  const blocks: string[] = [];
  let lines: string[] = [];
  let has = new Set<string>();
  const flush = () => {
    if (lines.length) blocks.push(lines.join('\n'));
    lines = [];
    has = new Set();
  };
  for (const line of text.split('\n')) {
    if (line.trim() === '') {
      flush();
      continue;
    }
    const name = /^(final-recipient|reporting-mta|action|status)[ \t]{0,4}:/i.exec(line)?.[1]?.toLowerCase();
    if (name && has.has(name)) flush();
    if (name) has.add(name);
    lines.push(line);
  }
  flush();
  return blocks;
}

function readGroup(fields: Fields): StatusGroup | null {
  const final = fields.get('final-recipient');
  const original = fields.get('original-recipient');
  const actual = fields.get('x-actual-recipient');
  if (final === undefined && original === undefined) return null;
  const action = (fields.get('action') ?? '').split(/[\s;(]/, 1)[0]!.toLowerCase();
  const category = fields.get('x-powermta-bouncecategory')?.trim();
  const diagnostic = typed(fields.get('diagnostic-code') ?? '');
  return {
    recipient: best(recipientOf(final), recipientOf(original)) ?? recipientOf(actual),
    action: ACTIONS.includes(action) ? (action as ReportAction | 'expired') : null,
    status: /([245]\.\d{1,3}\.\d{1,3})/.exec(fields.get('status') ?? '')?.[1] ?? '',
    diagnostic: [
      diagnostic.value || (action === 'delayed' ? '' : comment(fields.get('status'))),
      category && `(X-PowerMTA-BounceCategory: ${category})`,
    ]
      .filter(Boolean)
      .join(' '),
    diagnosticType: diagnostic.type,
    remote: typed(fields.get('remote-mta') ?? '').value,
  };
}

/** `rfc822; a@b`, `rfc822;<a@b>`, `a@b`; RFC 6533 `utf-8; a@b`. A path or a command is none. */
function recipientOf(value: string | undefined): string | null {
  if (!value) return null;
  const text = typed(value).value || value;
  if (/^[|/]/.test(text.trim())) return null;
  return firstAddress(text) ?? addressesIn(decodeWords(value), 1)[0] ?? null;
}

/** The last name that an address had, unless that is one of the receiving system's own (`user@its-daemon`). */
const best = (final: string | null, original: string | null) =>
  final && original && !/\..*$/.test(final.slice(final.lastIndexOf('@'))) ? original : (final ?? original);

/** `type; value` of RFC 3464 §2.1.2. */
function typed(value: string): { type: string; value: string } {
  const match = /^[ \t]{0,10}([\w.-]{1,40})[ \t]{0,10};/.exec(value);
  if (!match) return { type: '', value: value.trim() };
  return { type: match[1]!.toLowerCase(), value: value.slice(match[0].length).trim() };
}

/** Some programs say why beside the number: `Status: 4.0.0 (example.net: host name lookup failure)`. */
const comment = (status: string | undefined) => /\(([^()]{3,500})\)/.exec(status ?? '')?.[1] ?? '';
