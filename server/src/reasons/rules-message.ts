import { BEFORE_MAIL } from './stages';
import type { ReasonRule } from './types';

/** What is said of the message, or of nothing but our knocking at the door. Nobody is suppressed for it. */
export const MESSAGE_RULES: readonly ReasonRule[] = [
  // Viruses, spam, content, policy.
  {
    reason: 'virusdetected',
    text: /\bvirus\b.{0,40}(?:detected|found|infected|reject|contain)|(?:contains?|infected with|found|detected|carrying|has) (?:a |the )?(?:virus|malware|worm|trojan)|malware (?:was )?(?:detected|found)|infected (?:message|file|mail|attachment)|virus|potentially (?:dangerous|executable) attachment/i,
    notText: /spam or virus|virus or spam|spam\/virus/i,
    source: 'ClamAV milters, Exim, amavis',
    example: { stage: 'dot', said: '550 Virus Detected; Content Rejected' },
  },
  {
    reason: 'spamdetected',
    text: /\bspam(?:my|med|ming|assassin)?\b|unsolicited|\bjunk\b|\bube\b|\buce\b|bulk (?:mail|e-?mail)|phish|scam|message .{0,30}identified as|looks like (?:an )?advert|advertis|(?:score|scored) (?:of )?[\d.]+|blocked for abuse|mail rejete|suspicious|likely unsolicited|cloudmark|high spam|bad content \(/i,
    notText: /\bspam(?:haus|cop)|anti-?spam (?:policy|gateway)/i,
    source: 'SpamAssassin, Barracuda, Gmail, Orange',
    example: { stage: 'dot', said: '550 5.7.1 Message content rejected due to spam filter' },
  },
  {
    reason: 'contenterror',
    text: /content (?:rejected|denied|filter|not accepted|policy|is not|violat|reject)|(?:message|mail|content|body|attachment)s? (?:was |has been |is |are )?(?:rejected|blocked|refused|identified|detected|not allowed|not accepted).{0,40}(?:content|url|link|attachment)|(?:url|link|uri|domain)s? (?:in|inside|within|found).{0,30}(?:listed|blocked|blacklist|reject)|attachment .{0,40}(?:not (?:allowed|accepted)|blocked|prohibited|banned)|(?:banned|prohibited|disallowed|blocked) (?:file|attachment|content|extension|words?)|headers? too large|header size exceeds|improper use of 8-?bit|media error|contains? (?:prohibited|banned|an? unacceptable|invalid)|mime (?:error|parse|format)|message (?:is |was |has been )?held|malformed (?:mime|message)|unsupported charset/i,
    source: 'Exim, MIMEDefang, Sendmail, amavis',
    example: { stage: 'dot', said: '550 5.7.1 Message content rejected' },
  },
  {
    reason: 'contenterror',
    status: /^[45]\.6\.[0-9]$/,
    source: 'RFC 3463 §3.7',
    example: { stage: 'dot', said: '554 5.6.1 Media not supported' },
  },
  {
    reason: 'securityerror',
    status: /^5\.7\.0$/,
    text: /: policy violation/i,
    source: 'RFC 3463 5.7.0: something of security, nobody says what',
    example: '550 5.7.0 <x@example.net>: Recipient address rejected: Policy violation.',
  },
  {
    reason: 'policyviolation',
    text: /(?:local |security |mail |site |company |anti-?spam )?policy (?:violation|reasons?|restriction|reject|prohibits|issue|block)|(?:for|due to|by|against|violates?|of|because of) (?:a |our |the |local |site |security |its |company |recipient's |server |message |mail )*polic(?:y|ies)|header error|administrat(?:ive|or|ively) (?:prohibit|prohibition|denied|reject)|prohibited by administrator|not accepted for policy|disallowed by|rejected by (?:local )?(?:policy|header|content|rule|administrator)|policy:/i,
    notText: /sender address rejected/i,
    source: 'Yahoo 5.7.9, Apple, Exim, Proofpoint',
    example: { stage: 'dot', said: '554 5.7.0 Message rejected for policy reasons' },
  },
  {
    reason: 'failedstarttls',
    text: /starttls (?:is )?(?:required|failed|error)|tls (?:is )?(?:required|negotiation failed|handshake)|(?:failed|unable|cannot|could not) .{0,20}(?:start ?tls|tls negotiation)|requires? (?:tls|encryption|starttls|a secure)/i,
    source: 'Postfix, Exim, OpenSMTPD',
    example: 'TLS is required, but was not offered by host mx.example.jp',
  },

  // Before MAIL nobody knows anything but our address.
  {
    reason: 'blocked',
    class: 'network',
    stages: BEFORE_MAIL,
    text: /no smtp service|service (?:currently |temporarily )?(?:not available|unavailable)|closing|shutting down|try again later/i,
    notText: /access|blocked|denied/i,
    source: 'RFC 5321 §3.1',
    example: { stage: 'connect', said: '554 no SMTP service here' },
  },
  {
    reason: 'blocked',
    stages: BEFORE_MAIL,
    code: /^5/,
    source: 'RFC 5321 §3.1: a refusal before MAIL is about the session',
    example: { stage: 'connect', said: '550 Access denied' },
  },
];
