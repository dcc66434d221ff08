import type { Stage } from '../../reasons';

/** What a text says in the words of SMTP. */
export interface Diagnosis {
  code: number | null;
  status: string | null;
  stage: Stage;
  /** The server's own words: from its reply on; '' where there is no reply. */
  words: string;
}

const MAX_TEXT = 4000;
/** A reply code where a server's words begin, with its enhanced status; not a part of an address, a time or a number. */
const REPLY =
  /(?<![\w.@=/-])(?<!\d:)([245][0-5]\d)(?=[\s\-:;,.'<\]]|$)(?:[\s\-:;'<]{0,4}(?:[245][0-5]\d[ -])?#?([245]\.\d{1,3}\.\d{1,3})(?![\d.]))?/g;
const STATUS = /(?:^|[\s(#<[;:'-])([45]\.\d{1,3}\.\d{1,3})(?![\d.])/g;
/** An address of the internet is no status; a status that says nothing is worth less than any other. */
const WEAK = /^[245]\.0\.0$|^[45]\.4\.7$/;

const STAGES: readonly [Stage, RegExp][] = [
  // Gmail's old notices
  ['rcpt', /\(state 1[45]\)/],
  ['dot', /\(state 1[78]\)/],
  [
    'dot',
    /end of data|end-of-data|after i sent the message|final data|\.\s*command|message content|in reply to \. |after message|\bTEXT command/i,
  ],
  [
    'rcpt',
    /\brcpt(?:[ _]?to\b| command)|smtp:rcpt|smtp command:? {1,4}rcpt|does not like recipient|rejected recipient|did not like our rcpt/i,
  ],
  [
    'mail',
    /smtp command:? {1,4}mail|\bmail from\b(?!:? ?<?[^ ]* ?(?:rejected|denied))|sender was rejected|did not like our mail/i,
  ],
  [
    'data',
    /\bin reply to data\b|>>> data\b|following data|\(data\)|after data\b|smtp command:? {1,4}data|\bdata command/i,
  ],
  [
    'connect',
    /refused to talk to me|after initial connection|initial connection|in reply to (?:ehlo|helo)|after (?:ehlo|helo)|greeting wait|while performing the (?:ehlo|helo)|>>> (?:ehlo|helo)|did not like our (?:ehlo|helo)|connected to .{0,80} but greeting failed/i,
  ],
];

const COMMANDS: Record<string, Stage> = {
  rcpt: 'rcpt',
  mail: 'mail',
  data: 'data',
  helo: 'connect',
  ehlo: 'connect',
};

/** Finds reply code, status and stage in what a report says of a recipient. */
export function readDiagnosis(text: string): Diagnosis {
  const line = text.slice(0, MAX_TEXT);
  const replies = [...line.matchAll(REPLY)].slice(0, 50).map((match) => ({
    code: Number(match[1]),
    status: match[2] ?? null,
    at: match.index + match[0].indexOf(match[1]!),
  }));
  const statuses = [...line.matchAll(STATUS)].slice(0, 50).map((match) => match[1]!);
  // Sendmail adds a reply of its own behind the one that it got: the first counts, but for one that says nothing.
  const first = replies.find((reply) => reply.code >= 400);
  const strong = first?.status?.endsWith('.0.0')
    ? first
    : replies.find((reply) => reply.code >= 400 && reply.status && !WEAK.test(reply.status));
  const status =
    strong?.status ??
    statuses.find((value) => !WEAK.test(value)) ??
    replies.find((reply) => reply.status)?.status ??
    statuses[0] ??
    null;
  const decisive = strong ?? first;
  return {
    code: decisive?.code ?? null,
    status,
    stage: stageOf(line),
    words: decisive ? wordsOf(line, decisive, replies) : '',
  };
}

/** SMTP's last command, by what the programs write. */
export function stageOf(text: string): Stage {
  const command =
    />>> ?(rcpt|mail|data|helo|ehlo)\b[^<>]{0,400}(?:<[^<>]{0,400}>[^<>]{0,400})?<<< ?[45]/i.exec(text)?.[1];
  if (command) return COMMANDS[command.toLowerCase()]!;
  // an envelope that is listed is no command
  const said = text.replace(/mail from: ?\S{1,320}\s{1,10}rcpt to:/i, '');
  return STAGES.find(([, pattern]) => pattern.test(said))?.[0] ?? 'unknown';
}

interface Found {
  status: string | null;
  at: number;
}

/** From a reply to the next one with another status, or to the next section of a transcript. */
function wordsOf(line: string, { at, status }: Found, replies: readonly Found[]): string {
  const next = replies.find((reply) => reply.at > at && reply.status !== null && reply.status !== status)?.at;
  const words = line.slice(at, next);
  const end = words.search(/ -{3,} ?(?:transcript|original)| (?:<<<|>>>) /i);
  return end < 0 ? words : words.slice(0, end);
}
