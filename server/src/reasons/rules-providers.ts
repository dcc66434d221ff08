import { PERSON } from './stages';
import type { ReasonRule } from './types';

const AU = /(?:^|[\s.@])(?:ezweb\.ne\.jp|au\.com|auone-net\.jp|uqmobile\.jp|kddi\.(?:com|ne\.jp))(?:\s|$)/i;
const DOCOMO = /(?:^|[\s.@])docomo\.ne\.jp(?:\s|$)/i;

/** Words that mean at one provider what they mean nowhere else. */
export const PROVIDER_RULES: readonly ReasonRule[] = [
  // Japanese carriers.
  {
    reason: 'suspend',
    stages: PERSON,
    text: /the user\(s\) account is disabled/i,
    hosts: AU,
    source: 'au (KDDI) in its notices, beside "user unknown"',
    example: {
      stage: 'unknown',
      said: 'The user(s) account is disabled. <x@ezweb.ne.jp>: 550 user unknown',
      hosts: 'ezweb.ne.jp',
    },
  },
  {
    reason: 'filtered',
    stages: PERSON,
    code: /^5/,
    text: /(?:^|-> ?\d{3} ):\s*user unknown/i,
    source: 'au (KDDI): without the address it is a filter of the person',
    example: { stage: 'rcpt', said: '550 : User unknown', hosts: 'ezweb.ne.jp' },
  },
  {
    reason: 'userunknown',
    stages: PERSON,
    code: /^5/,
    text: /<[^ ]{1,80}@[^ ]{1,80}>:? (?:user unknown|recipient address rejected)/i,
    notText: /recipient address rejected: /i,
    hosts: AU,
    source: 'au (KDDI): with the address it is unknown',
    example: { stage: 'unknown', said: '550 <kijitora@ezweb.ne.jp>: User unknown', hosts: 'ezweb.ne.jp' },
  },
  {
    reason: 'rejected',
    class: 'filtered',
    stages: ['mail', 'data', 'dot'],
    code: /^5/,
    text: /unknown user/i,
    hosts: DOCOMO,
    source: 'docomo: after DATA it is the sender that is not wanted',
    example: {
      stage: 'dot',
      said: '550 Unknown user kijitora@docomo.ne.jp',
      hosts: 'docomo.ne.jp mfsmax.docomo.ne.jp',
    },
  },
  {
    reason: 'filtered',
    stages: PERSON,
    code: /^5/,
    text: /unknown user/i,
    hosts: DOCOMO,
    source: 'docomo says "550 Unknown user" of people who filter, too (its delivery guide)',
    example: { stage: 'rcpt', said: '550 Unknown user kijitora@docomo.ne.jp', hosts: 'docomo.ne.jp' },
  },

  {
    reason: 'filtered',
    stages: PERSON,
    code: /^5/,
    text: /unknown user.{0,120}docomo\.ne\.jp/i,
    source: 'docomo, its name in the text only',
    example: { stage: 'unknown', said: "550 'Unknown user kijitora@docomo.ne.jp'" },
  },

  // Yahoo, AOL. senders.yahooinc.com/smtp-error-codes
  {
    reason: 'badreputation',
    class: 'rate',
    code: /^4/,
    text: /\[(?:tss|ipts)0\d\]/i,
    source: 'Yahoo TSS04, IPTS04: volume or complaints',
    example: { stage: 'mail', said: '421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred' },
  },
  {
    reason: 'blocked',
    class: 'rate',
    code: /^4/,
    text: /\[ts0\d\]|\brp-00\d/i,
    source: 'Yahoo TS01 to TS03, Outlook.com RP-001 to RP-003',
    example: { stage: 'mail', said: '421 4.16.55 [TS01] Messages from 192.0.2.1 temporarily deferred' },
  },
  {
    reason: 'policyviolation',
    class: 'authentication',
    text: /not accepted for policy reasons/i,
    status: /^5\.7\.9$/,
    source: 'Yahoo 5.7.9: authentication',
    example: {
      stage: 'dot',
      said: '554 5.7.9 Message not accepted for policy reasons. See https://senders.yahooinc.com',
    },
  },
  {
    reason: 'userunknown',
    stages: PERSON,
    code: /^55[0-4]$/,
    text: /delivery error: dd (?:this user doesn't have|requested mail action aborted, mailbox not found)|\bdd requested mail action aborted, mailbox/i,
    source: 'Yahoo answers for the mailbox after DATA',
    example: {
      stage: 'dot',
      said: "554 delivery error: dd This user doesn't have a yahoo.com account (x@yahoo.com) [0]",
    },
  },

  {
    reason: 'userunknown',
    stages: PERSON,
    text: /no such user here|invalid user address|no valid recipients for this mm/i,
    hosts: /(?:^|[\s.@])(?:vtext|vzwpix)\.com(?:\s|$)/i,
    source: 'Verizon: the gateway to telephones answers for its own subscribers',
    example: {
      stage: 'unknown',
      said: '550 - Requested action not taken: no such user here',
      hosts: 'vtext.com',
    },
  },

  // Microsoft. learn.microsoft.com: NDR codes in Exchange Online
  {
    reason: 'userunknown',
    stages: ['rcpt', 'unknown'],
    status: /^5\.4\.1$/,
    text: /recipient addresse?s? rejected ?: access denied/i,
    source: 'Microsoft: Directory-Based Edge Blocking, the address is not in the directory',
    example: '550 5.4.1 [x@example.org]: Recipient address rejected: Access denied. AS(201806281)',
  },
  {
    reason: 'userunknown',
    stages: PERSON,
    text: /resolver\.adr\.(?:recip(?:ient)?notfound|exrecipnotfound)|recipientnotfound/i,
    source: 'Microsoft Exchange',
    example:
      '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient x@example.com not found by SMTP address lookup',
  },
  {
    reason: 'mesgtoobig',
    text: /recipsizelimit|sendsizelimit/i,
    source: 'Microsoft Exchange',
    example: '550 5.2.3 RESOLVER.RST.RecipSizeLimit; message too large for this recipient',
  },
  {
    reason: 'rejected',
    class: 'filtered',
    status: /^5\.7\.(?:12[0-9]|13[3-6]|12)$/,
    source: 'Microsoft: the recipient takes mail from some senders only',
    example: '550 5.7.133 sender not authenticated for group',
  },
  {
    reason: 'securityerror',
    class: 'filtered',
    stages: PERSON,
    text: /resolver\.rst\.(?:authrequired|notauthorized|restricted)|resolver\.rst\./i,
    source: 'Microsoft Exchange: the recipient takes mail from some senders only',
    example: '550 5.7.1 RESOLVER.RST.AuthRequired; authentication required',
  },
  {
    reason: 'notcompliantrfc',
    status: /^[45]\.7\.512$|^5\.6\.11$/,
    source: 'Microsoft: RFC 5322, bare line feeds',
    example: '550 5.7.512 Access denied, message must be RFC 5322 section 3.6.2 compliant',
  },
  {
    reason: 'speeding',
    status: /^[45]\.7\.(?:508|232|705)$/,
    source: 'Microsoft: rates',
    example: '550 5.7.508 Access denied, exceeded permitted limits within range',
  },

  {
    reason: 'rejected',
    class: 'filtered',
    stages: ['data', 'dot'],
    text: /all recipient addresses rejected ?: access denied/i,
    source: 'Microsoft: the same, for all of a transaction',
    example: { stage: 'data', said: '550 5.4.1 All recipient addresses rejected : Access denied' },
  },

  {
    reason: 'userunknown',
    stages: PERSON,
    status: /^5\.5\.0$/,
    text: /requested action not taken: mailbox unavailable/i,
    hosts: /(?:^|[\s.@])(?:hotmail|outlook|live|msn)\.[a-z.]{2,6}(?:\s|$)/i,
    source: 'Outlook.com answers so for addresses that it does not have',
    example: {
      stage: 'unknown',
      said: '550 5.5.0 Requested action not taken: mailbox unavailable',
      hosts: 'example.jp blu004.hotmail.com',
    },
  },
  {
    reason: 'userunknown',
    stages: PERSON,
    code: /^542$/,
    text: /rejected|unknown|no such/i,
    source: 'MessageLabs: a code of its own for addresses that its customer does not have',
    example: { stage: 'unknown', said: '542 kijitora@example.jp Rejected' },
  },

  // Amazon SES receiving: the words are those of the rule that the owner wrote.
  {
    reason: 'filtered',
    stages: PERSON,
    text: /mailbox does not exist/i,
    hosts: /\binbound-smtp\.[\w-]{1,40}\.amazonaws\.com/i,
    source: 'Amazon SES: bounce action of a receipt rule',
    example: {
      stage: 'unknown',
      said: '550 5.1.1 Mailbox does not exist',
      hosts: 'inbound-smtp.us-west-2.amazonaws.com',
    },
  },

  // Google Groups says why in the language of the group, never in SMTP.
  {
    reason: 'rejected',
    class: 'filtered',
    stages: ['unknown'],
    text: /groups\.google\.com\/support|\bGoogle Groups?\b|Google グループ/i,
    source: 'Google Groups: the group is not there, or we may not post',
    example: {
      stage: 'unknown',
      said: 'you may not have permission to post. https://groups.google.com/support/',
    },
  },
];
