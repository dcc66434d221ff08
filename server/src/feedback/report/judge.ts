import { CLASS_SEVERITY, REASON_CLASS, type Reason, type ReplyClass } from '../../../../shared/contracts';
import { explain, oneLine, type Explanation, type Stage } from '../../reasons';
import { domainOf } from './address';
import { readDiagnosis, type Diagnosis } from './diagnosis';
import type { ReportAction, ReportRecipient } from './types';

/** What a report says of one recipient, from its fields and from its text. */
export interface Statement {
  recipient: string | null;
  action: ReportAction | null;
  /** RFC 3464 Status; '' where there is none. */
  status: string;
  /** Diagnostic-Code without its type; '' where there is none. */
  diagnostic: string;
  /** What the notice says of this recipient. */
  entry: string;
  /** The whole notice, where it is about this recipient alone. */
  notice: string;
  /** Names of servers, as far as known. */
  hosts: string;
}

const WEAK = /^[245]\.0\.0$|^[45]\.4\.7$/;
/** Asks what the numbers say by themselves. */
const NOTHING = ' ';
const NOT_FAILED: readonly (ReportAction | null)[] = ['delivered', 'relayed', 'expanded'];

/** Puts the statements of a report on one recipient together, and asks the table of reasons. */
export function judge(statement: Statement): ReportRecipient {
  const { recipient, action } = statement;
  if (NOT_FAILED.includes(action)) {
    const [, code, delivered] = /^(2\d\d)(?:[ -](2\.\d{1,3}\.\d{1,3}))?/.exec(statement.diagnostic) ?? [];
    return {
      ...result('delivered', REASON_CLASS.delivered),
      recipient,
      action,
      status: delivered ?? statement.status,
      replyCode: code ?? '',
      text: oneLine(statement.diagnostic),
    };
  }
  const said = readDiagnosis(statement.diagnostic);
  const own = readDiagnosis(statement.entry);
  const told = own.words || own.status ? own : readDiagnosis(statement.notice || statement.entry);
  const status = statusOf(said, statement.status, told);
  const code = codeOf(said, told, status);
  const stage =
    [said.stage, told.stage, readDiagnosis(statement.notice).stage].find((found) => found !== 'unknown') ??
    'unknown';
  const ask = (text: string) =>
    explain({ stage, code, status: status || null, text: strip(text), hosts: hostsOf(statement) });
  let found = firstThatKnows(textsOf(statement, said, told), statement.diagnostic, ask);
  const nothing = found.reason === 'undefined' || found.rule.text?.source === '\\S';
  if (action === 'delayed' && nothing) found = explain({ stage, code, status: '4.4.7', text: '' });
  const consistent = code !== null && (!status || status[0] === String(code)[0]);
  return {
    ...final(found, status, code),
    recipient,
    action,
    status,
    replyCode: consistent ? String(code) : '',
    text: oneLine(statement.diagnostic || statement.entry || statement.notice),
  };
}

/**
 * What to ask about, the surest first: the server's own words; then, when it spoke no words, its status; then what the
 * notice says around them. A report whose status says nothing ("5.0.0") and which quotes nobody was written by the server
 * itself: its notice is its words.
 */
function textsOf(
  { diagnostic, status, entry, notice }: Statement,
  said: Diagnosis,
  told: Diagnosis,
): string[] {
  if (diagnostic.startsWith('x-unix;')) return [`${diagnostic} ${entry || notice}`];
  const spoke = said.words !== '' || told.words !== '';
  const isOwn = diagnostic === '' && status.endsWith('.0.0');
  const texts = isOwn
    ? [notice, told.words, entry, NOTHING]
    : [
        said.words,
        diagnostic,
        told.words,
        !spoke && diagnostic === '' && status !== '' ? NOTHING : '',
        entry,
        NOTHING,
        spoke ? '' : notice,
      ];
  return texts.filter((text) => text !== '');
}

/** The first answer by words, where those of the Diagnostic-Code stand above its numbers; else the first by numbers; else that nobody knows. */
function firstThatKnows(
  texts: readonly string[],
  diagnostic: string,
  ask: (text: string) => Explanation,
): Explanation {
  let byNumbers: Explanation | null = null;
  let none: Explanation | null = null;
  for (const text of texts) {
    const found = ask(text);
    if (found.reason === 'onhold' && found.rule.text?.source === '\\S') none ??= found;
    else if (found.reason === 'undefined') continue;
    else if (found.rule.text || found.rule.hosts) return text === diagnostic ? found : (byNumbers ?? found);
    else byNumbers ??= found;
  }
  return byNumbers ?? none ?? explain({ stage: 'unknown', code: null, status: null, text: '' });
}

/** A host that takes no mail is dead only where that is said for good; nobody is dead by a temporary failure. */
function final(found: Explanation, status: string, code: number | null) {
  const temporary = status ? status.startsWith('4') : code !== null && code < 500;
  return found.severity === 'hard' && temporary
    ? result(found.reason, found.reason === 'notaccept' ? 'network' : 'other')
    : result(found.reason, found.class);
}

const result = (reason: Reason, found: ReplyClass) => {
  const severity = reason === 'delivered' ? ('none' as const) : CLASS_SEVERITY[found];
  return { reason, class: found, severity, hard: severity === 'hard' };
};

function statusOf(said: Diagnosis, field: string, told: Diagnosis): string {
  const kind = said.code ? String(said.code)[0] : field[0];
  // "x.0.0" in the server's own words means that it has nothing better to say
  if (said.status?.endsWith('.0.0')) return said.status;
  const all = [said.status, field || null, kind && told.status?.[0] !== kind ? null : told.status].filter(
    (status): status is string => status !== null,
  );
  return all.find((status) => !WEAK.test(status)) ?? all[0] ?? '';
}

function codeOf(said: Diagnosis, told: Diagnosis, status: string): number | null {
  const fits = (code: number | null) => code !== null && (!status || String(code)[0] === status[0]);
  return [said.code, told.code].find(fits) ?? said.code ?? told.code;
}

/** Codes in front of the words would hide what a row looks for at the beginning. */
const strip = (text: string) =>
  oneLine2000(text)
    .replace(/^(?:\s*(?:smtp;)?\s*[245][0-5]\d[ -]+(?:#?[245]\.\d{1,3}\.\d{1,3}\s+)?){1,2}/i, '')
    .trim();

// eslint-disable-next-line no-control-regex
const oneLine2000 = (text: string) => text.slice(0, 2000).replace(/[\u0000-\u001f\s]+/g, ' ');

function hostsOf({ recipient, hosts }: Statement): string {
  return `${domainOf(recipient) ?? ''} ${hosts}`;
}

export type { Stage };
