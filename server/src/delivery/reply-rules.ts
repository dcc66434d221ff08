import type { SmtpReply, SmtpStage } from './types';

/** Why a receiver refused. Stored as `reason` of a delivery. */
export const REPLY_CLASSES = [
  'invalid', // the address is dead
  'filtered', // unknown, or a filter of the person: the receiver says the same for both
  'mailbox-full',
  'size',
  'content',
  'authentication', // login, SPF, DKIM, DMARC, relaying: our configuration
  'sender', // our From or MAIL FROM address
  'reputation',
  'rate',
  'greylist',
  'network',
  'routing',
  'protocol',
  'policy',
  'other',
] as const;
export type ReplyClass = (typeof REPLY_CLASSES)[number];

export interface ReplyRule {
  class: ReplyClass;
  /** All the conditions given must hold. */
  code?: RegExp;
  /** On the enhanced status; a reply without one does not match. */
  status?: RegExp;
  text?: RegExp;
  notText?: RegExp;
  stages?: readonly SmtpStage[];
}

/** From here on the receiver knows for whom the message is. */
const RECIPIENT_KNOWN: readonly SmtpStage[] = ['rcpt', 'data', 'dot'];

/** Words about lists of senders or about our network: then a 5.1.1 beside them is not about the person. */
const BLOCKLIST =
  /\b(?:rbl|dnsbl|spamhaus|spamcop|barracuda(?:central)?|sorbs|uceprotect|invaluement|senderscore)\b|black ?list|block(?:ed)? ?list|listed (?:at|in|on|by)|poor reputation|bad reputation|low reputation|reputation of|s3150|\bbl2[13]\b|\bip(?:v4|v6)? (?:address )?[[(]?[\d.:a-f]*[\])]? ?(?:is |has been |was )?(?:blocked|banned|listed)|blocked using/i;

/**
 * First match wins. Text stands above codes where the same code is used for different things, in the order of Sisimai's
 * reasons (MailboxFull, MesgTooBig, ExceedLimit, Suspend, NoRelaying, AuthFailure, Blocked, UserUnknown, Filtered).
 * Numbers: RFC 5321 §4.2, RFC 3463, RFC 7372, and the providers' pages named beside the rules.
 */
export const REPLY_RULES: readonly ReplyRule[] = [
  // Login. RFC 4954 §6: 530 and 534 to 538 are about authentication wherever they come.
  { class: 'authentication', stages: ['auth'], code: /^5/ },
  { class: 'authentication', code: /^(?:530|534|535|538)$/ },
  { class: 'network', stages: ['auth'] },

  // Mailbox full. Sisimai reads it before "unknown": some servers say 550 5.1.1 for both.
  { class: 'mailbox-full', stages: RECIPIENT_KNOWN, status: /^[45]\.2\.2$/ },
  {
    class: 'mailbox-full',
    stages: RECIPIENT_KNOWN,
    text: /mailbox (?:is |was )?(?:full|exceeded)|mailbox.{0,40}(?:is full|quota|exceeds? )|(?:over|exceed\w*|out of|insufficient).{0,30}(?:quota|storage|disk space)|quota (?:exceeded|full|violation)|user.{0,20}(?:over quota|is full)|not enough (?:disk )?space/i,
    notText: /(?:message|sending|hourly|daily|rate) (?:rate )?quota/i,
  },
  // docomo: "552 Too much mail data" is a full mailbox (its delivery guide).
  { class: 'mailbox-full', stages: RECIPIENT_KNOWN, code: /^552$/, text: /too much mail data/i },

  // Too large. RFC 1870 §6, RFC 3463 5.3.4 and 5.2.3.
  { class: 'size', status: /^[45]\.(?:3\.4|2\.3)$/ },
  {
    class: 'size',
    text: /message (?:size|too (?:big|large))|(?:size|length).{0,20}exceeds?.{0,20}(?:limit|maximum|fixed)|line too long/i,
  },

  // Too many recipients in a session: a new one takes them. RFC 5321 §4.5.3.1.10.
  { class: 'rate', status: /^[45]\.5\.3$/ },
  { class: 'rate', text: /too many recipients/i },

  // The mailbox receives too fast. Gmail 4.2.1 and 5.2.1 "receiving mail at a rate".
  {
    class: 'rate',
    text: /receiving (?:mail|email|messages) (?:at a rate|too (?:quickly|fast))|(?:inbox|mailbox) .{0,30}too (?:quickly|many messages)/i,
  },

  // Disabled mailboxes. RFC 3463 5.2.1; Yahoo "554 30 ... account disabled"; Gmail 5.2.1 "inactive".
  { class: 'invalid', stages: RECIPIENT_KNOWN, code: /^5/, status: /^5\.2\.1$/ },
  {
    class: 'invalid',
    stages: RECIPIENT_KNOWN,
    code: /^5/,
    text: /(?:account|mailbox|user|recipient|address)(?: <?[^ ]+@[^ ]+>?)? (?:is |has been |was |that you tried to reach is )?(?:disabled|inactive|deactivated|closed|suspended|no longer (?:active|valid|in use|available))|account .{0,30}is (?:disabled|over and closed)/i,
    notText: BLOCKLIST,
  },

  // Relaying: with a relay that is our login or its permission, not the person. Not when the relay quotes another server.
  {
    class: 'authentication',
    stages: ['mail', 'rcpt'],
    text: /relay(?:ing)? (?:access )?(?:is )?(?:denied|not (?:permitted|allowed))|(?:not|un)able to relay|unauthenticated (?:mail|senders?) (?:is |are )?not|(?:must|please) (?:authenticate|issue a starttls)|authentication (?:is )?required/i,
    notText: /\bsaid:/i,
  },

  // SPF, DKIM, DMARC, PTR, TLS. Gmail 4.7.23–32, 5.7.23–32, 5.7.40 (support.google.com/mail/answer/81126); RFC 7372
  // 5.7.20–5.7.25; Microsoft 5.7.515 and 5.7.509; Yahoo 5.7.9 (senders.yahooinc.com/smtp-error-codes).
  { class: 'authentication', status: /^[45]\.7\.(?:2[0-7]|29|3[0-2]|40|509|515)$/ },
  { class: 'authentication', status: /^5\.7\.9$/ },
  {
    class: 'authentication',
    text: /unauthenticated (?:email|mail|message)|(?:fail\w*|not pass\w*|did(?: not|n't) pass).{0,40}\b(?:spf|dkim|dmarc)\b|\b(?:spf|dkim|dmarc)\b.{0,60}(?:fail|not pass|did(?: not|n't) pass|reject|unauthenticated|required|missing|policy)/i,
  },

  // The sender's own address. RFC 3463 5.1.7, 5.1.8; RFC 7505 §4.2 5.7.27 is null MX of the sender.
  { class: 'sender', status: /^[45]\.1\.[78]$/ },
  {
    class: 'sender',
    stages: ['mail', 'rcpt', 'data', 'dot'],
    text: /sender (?:address )?(?:rejected|invalid|not (?:verified|allowed|authorized|owned)|denied)|(?:invalid|unknown|unverified) sender|not (?:authorized|allowed|permitted|verified) to send|email address is not verified|from address .{0,40}(?:not verified|verified sender identity)/i,
    notText: /spam|\bsaid:/i,
  },

  // Greylisting, before reputation: both may say 4.7.1.
  { class: 'greylist', code: /^4/, text: /gr[ea]y ?-?list/i },

  // Reputation and rates. Yahoo TSS04, TS01–05, IPTS04–05, BL21/23; Microsoft S3150, 4.7.650 to 4.7.652, RP-00x; Gmail 4.7.28.
  { class: 'rate', code: /^4/, text: /\[?(?:tss|ipts|ts)0\d\]?|\brp-00\d/i },
  { class: 'reputation', status: /^[45]\.7\.(?:28|60[67]|65[0-2]|708)$/ },
  { class: 'reputation', text: BLOCKLIST },
  {
    class: 'reputation',
    text: /unusual rate of unsolicited|(?:ip|network|host|server|domain).{0,40}(?:reputation|block ?list|has been (?:blocked|banned))/i,
  },
  {
    class: 'rate',
    text: /too many (?:connections|messages|emails|mails|concurrent|sessions|requests|unknown)|rate[- ]?limit|(?:sending|message|mail|hourly|daily) (?:rate|quota|limit) (?:exceeded|reached)|(?:exceed\w*|reached).{0,40}(?:rate|limit|messages per)|throttl|temporarily deferred|server (?:is )?busy|slow down|maximum sending rate/i,
    notText: /spam/i,
  },

  // Dead addresses. RFC 3463 5.1.1, 5.1.3, 5.1.6; RFC 7505 5.1.10; Sisimai UserUnknown and HostUnknown.
  // au says "550 : User unknown" for a filter and "550 <address>: User unknown" for an unknown address (Sisimai, rhost KDDI).
  { class: 'filtered', stages: RECIPIENT_KNOWN, code: /^5/, text: /^:\s*user unknown/i },
  // docomo says "550 Unknown user" for a filter of the person too (its delivery guide).
  {
    class: 'filtered',
    stages: RECIPIENT_KNOWN,
    code: /^5/,
    text: /unknown user.*docomo\.ne\.jp|docomo\.ne\.jp.*unknown user/i,
  },
  {
    class: 'invalid',
    stages: RECIPIENT_KNOWN,
    code: /^5/,
    status: /^5\.1\.(?:1|2|3|6|10)$/,
    notText: /spam|\bpolicy\b|access denied|not accepting|verif(?:y|ication) fail/i,
  },
  {
    class: 'invalid',
    stages: RECIPIENT_KNOWN,
    code: /^55[0134]$/,
    text: /(?:user|recipient|mailbox|account|address|mail ?drop|addressee)(?: <?[^ ]*@[^ ]*>?)? (?:is |was |does |could )?(?:unknown|not (?:found|exist|known|valid|available here)|not be found|invalid|unavailable|doesn't exist)|(?:unknown|no such|invalid|non-?existent) (?:user|recipient|mailbox|account|address|local (?:user|part)|person)|no (?:mailbox|account|user)(?: here)? (?:by|with|under) that name|does(?: not|n't) have an? .{0,30}account|(?:email account|mailbox|address).{0,40}does(?: not|n't) exist|not (?:our|a valid) (?:customer|mailbox|user|recipient)|not listed in (?:domino|public)/i,
    notText: /spam|\bpolicy\b|access denied|sender|verif(?:y|ication) fail/i,
  },
  {
    class: 'invalid',
    stages: RECIPIENT_KNOWN,
    code: /^5/,
    text: /null mx|does not accept (?:e?-?mail|messages)/i,
  },

  // Spam and content. RFC 3463 5.6.x, 5.7.0 and 5.7.1 with such words.
  {
    class: 'content',
    text: /spam|unsolicited|junk|bulk (?:mail|e-?mail)|virus|malware|phish|content (?:rejected|denied|filter|not accepted|policy)|(?:message|mail|content|body) (?:was |has been |is )?(?:rejected|blocked|refused|identified|detected).{0,40}(?:content|url|link|attachment)|(?:url|link|uri)s?.{0,30}(?:listed|blocked|blacklist|reject)|suspicious/i,
  },
  { class: 'content', status: /^[45]\.6\.[0-5]$/ },

  // The way to the receiver. RFC 3463 X.4.x and X.1.2.
  { class: 'routing', status: /^[45]\.4\.[0346]$/ },
  {
    class: 'routing',
    text: /nxdomain|(?:domain|host)(?: name)? (?:not found|unknown)|unrouteable|no (?:mx|route|such domain)|loop (?:detected|back)|too many hops/i,
  },
  { class: 'network', status: /^4\.(?:4\.[0-9]|3\.[0-9])$/ },
  // RFC 5321 §3.1: 554 as a greeting is "no SMTP service here"; any refusal before MAIL is about the session.
  { class: 'network', stages: ['connect', 'tls'] },

  // Words of greylisting without its name; 450 and 451 at RCPT for the first time.
  {
    class: 'greylist',
    code: /^45[01]$/,
    stages: RECIPIENT_KNOWN,
    text: /try (?:again|later)|come back|retry|temporar(?:y|ily) (?:reject|refus|unavail|defer)/i,
  },
  { class: 'greylist', code: /^45[01]$/, status: /^4\.7\.1$/ },
  { class: 'rate', status: /^4\.(?:2\.1|7\.[01])$/ },
  { class: 'network', code: /^421$/ },

  // RFC 5321 §4.2.2: unknown command, bad arguments, bad sequence; RFC 3463 5.5.x.
  { class: 'protocol', code: /^5(?:0[0-4]|55)$/ },
  { class: 'protocol', status: /^5\.5\.\d+$/ },

  // What is left is decided by the stage: RCPT is about the person, MAIL and DATA about us (Sisimai nttdocomo).
  { class: 'policy', code: /^5/, stages: ['mail', 'data', 'dot'] },
  { class: 'policy', code: /^5/, status: /^5\.7\.\d+$/ },
  { class: 'other' },
];

/** The class of a refusal. Every reply has one. */
export function replyClass(stage: SmtpStage, reply: SmtpReply): ReplyClass {
  const code = String(reply.code);
  const rule = REPLY_RULES.find(
    (candidate) =>
      (!candidate.stages || candidate.stages.includes(stage)) &&
      (!candidate.code || candidate.code.test(code)) &&
      (!candidate.status || (reply.status !== null && candidate.status.test(reply.status))) &&
      (!candidate.text || candidate.text.test(reply.text)) &&
      (!candidate.notText || !candidate.notText.test(reply.text)),
  );
  return rule?.class ?? 'other';
}
