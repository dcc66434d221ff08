import {
  CLASS_SEVERITY,
  REASON_CLASS,
  type Reason,
  type ReplyClass,
  type Severity,
} from '../../../shared/contracts';
import { RULES } from './rules';
import type { ReasonRule, Refusal } from './types';

/** What a refusal means. */
export interface Explanation {
  reason: Reason;
  class: ReplyClass;
  severity: Severity;
  /** The row that decided. */
  rule: ReasonRule;
}

const MAX_TEXT = 2000;

/** Why a mail was refused: the first row of the table that fits. The last row fits everything. */
export function explain(refusal: Refusal): Explanation {
  const { status, stage } = refusal;
  // without a code the status tells at least whether the refusal is final
  const code = refusal.code !== null ? String(refusal.code) : status ? `${status[0]}50` : null;
  const text = refusal.text.slice(0, MAX_TEXT);
  const hosts = (refusal.hosts ?? '').slice(0, MAX_TEXT);
  const rule = RULES.find(
    (row) =>
      (!row.stages || row.stages.includes(stage)) &&
      (!row.code || (code !== null && row.code.test(code))) &&
      (!row.status || (status !== null && row.status.test(status))) &&
      (!row.hosts || row.hosts.test(hosts)) &&
      (!row.text || row.text.test(text)) &&
      (!row.notText || !row.notText.test(text)),
  )!;
  const found = rule.class ?? REASON_CLASS[rule.reason];
  return { reason: rule.reason, class: found, severity: CLASS_SEVERITY[found], rule };
}
