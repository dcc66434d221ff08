import { PERSON } from './stages';
import type { ReasonRule } from './types';

const GOOGLE = 'support.google.com/a/answer/3726730, SMTP error codes';
const MICROSOFT = 'learn.microsoft.com, NDR codes in Exchange Online';

/** Numbers and words of the two largest receivers, where they say something else than others who use the same. */
export const LARGE_RECEIVER_RULES: readonly ReasonRule[] = [
  // Gmail
  {
    reason: 'blocked',
    text: /an unusual rate of (?:unsolicited )?mail|ip not in whitelist for rcpt domain/i,
    source: GOOGLE,
    example: {
      stage: 'dot',
      said: '421 4.7.0 detected an unusual rate of unsolicited mail originating from your IP',
    },
  },
  {
    reason: 'blocked',
    class: 'rate',
    code: /^421$/,
    text: /try again later, closing connection/i,
    source: GOOGLE,
    example: { stage: 'mail', said: '421 4.7.0 Try again later, closing connection.' },
  },
  {
    reason: 'expired',
    code: /^4/,
    text: /^connection expired|timeout - closing connection/i,
    source: GOOGLE,
    example: { stage: 'dot', said: '421 4.7.0 Connection expired, try reconnecting' },
  },
  {
    reason: 'exceedlimit',
    text: /google's limit of \d* ?attachments|limit of limit attachments|google's message header size limit|per individual header size|google's header name limit/i,
    source: GOOGLE,
    example: { stage: 'dot', said: "552 5.3.4 Your message exceeded Google's message header size limits" },
  },
  {
    reason: 'norelaying',
    text: /invalid credentials for relay|not authorized to send e?mail directly to our servers/i,
    source: GOOGLE,
    example: { stage: 'mail', said: '550 5.7.1 Invalid credentials for relay [192.0.2.1]' },
  },
  {
    reason: 'notcompliantrfc',
    text: /missing a valid (?:address in the from:|message-id:) header|unicode character in a disallowed header|encoded-word syntax is not permitted|mail message is malformed/i,
    source: GOOGLE,
    example: {
      stage: 'dot',
      said: '550 5.7.1 Messages missing a valid address in the From: header are not accepted',
    },
  },
  {
    reason: 'policyviolation',
    text: /has a policy that prohibited|messages with the same message-id/i,
    source: GOOGLE,
    example: {
      stage: 'dot',
      said: '550 5.7.1 The user or domain that you are sending to (or from) has a policy that prohibited the mail',
    },
  },
  {
    reason: 'rejected',
    text: /^mail sending denied/i,
    source: GOOGLE,
    example: { stage: 'mail', said: '550 5.7.0 Mail sending denied' },
  },
  {
    reason: 'spamdetected',
    text: /due to the nature of the content or the links within/i,
    source: GOOGLE,
    example: { stage: 'dot', said: '421 4.7.0 blocked due to the nature of the content or the links within' },
  },
  {
    reason: 'syntaxerror',
    code: /^(?:451|454|525)$/,
    text: /smtp protocol violation/i,
    source: GOOGLE,
    example: {
      stage: 'mail',
      said: '451 4.5.0 SMTP protocol violation, no commands allowed to pipeline after STARTTLS',
    },
  },
  {
    reason: 'systemerror',
    code: /^4/,
    text: /^server busy|multiple destination domains per transaction|domain policy size per transaction/i,
    source: GOOGLE,
    example: { stage: 'mail', said: '451 4.3.0 Multiple destination domains per transaction is unsupported' },
  },
  {
    reason: 'toomanyconn',
    class: 'rate',
    text: /^(?:your message has )?too many recipients/i,
    status: /^[45]\.5\.3$/,
    source: `${GOOGLE}; Microsoft`,
    example: { stage: 'rcpt', said: '452 4.5.3 Your message has too many recipients' },
  },

  // Microsoft
  {
    reason: 'authfailure',
    status: /^[45]\.7\.32[2-5]$/,
    source: `${MICROSOFT}: DANE, DNSSEC, certificates`,
    example: { stage: 'tls', said: '550 5.7.323 tlsa-invalid: The domain failed DANE validation' },
  },
  {
    reason: 'securityerror',
    class: 'network',
    status: /^[45]\.(?:7\.321|4\.317)$/,
    source: `${MICROSOFT}: no STARTTLS`,
    example: { stage: 'tls', said: '450 4.7.321 starttls-not-supported' },
  },
  {
    reason: 'networkerror',
    status: /^[45]\.4\.312$/,
    source: `${MICROSOFT}: DNS query failed`,
    example: { stage: 'unknown', said: '550 5.4.312 Message expired, DNS query failed' },
  },
  {
    reason: 'expired',
    status: /^[45]\.4\.(?:300|316)$/,
    source: MICROSOFT,
    example: { stage: 'unknown', said: '550 5.4.300 Message expired' },
  },
  {
    reason: 'blocked',
    status: /^5\.7\.(?:506|51|510|513)$|^[45]\.7\.8[5-9]\d$/,
    source: `${MICROSOFT}: HELO, connectors, IPv6, block lists of the customer`,
    example: { stage: 'mail', said: '550 5.7.510 Access denied, the domain does not accept email over IPv6' },
  },
  {
    reason: 'blocked',
    text: /invalid domain name/i,
    status: /^5\.5\.4$/,
    source: `${MICROSOFT}: the name that we said at HELO`,
    example: { stage: 'connect', said: '501 5.5.4 Invalid domain name' },
  },
  {
    reason: 'blocked',
    class: 'filtered',
    status: /^5\.7\.507$/,
    source: MICROSOFT,
    example: { stage: 'dot', said: '550 5.7.507 Access denied, rejected by recipient' },
  },
  {
    reason: 'blocked',
    text: /banned sender/i,
    status: /^5\.7\.511$/,
    source: `${MICROSOFT}: the address is banned for good`,
    example: { stage: 'mail', said: '550 5.7.511 Access denied, banned sender' },
  },
  {
    reason: 'rejected',
    class: 'reputation',
    status: /^5\.7\.(?:50[1-3]|750)$/,
    source: `${MICROSOFT}: banned sender, unregistered domains`,
    example: { stage: 'mail', said: '550 5.7.501 Access denied, spam abuse detected' },
  },
  {
    reason: 'rejected',
    class: 'filtered',
    stages: PERSON,
    text: /sender was not authenticated (?:for|by)|not in allowed-senders list/i,
    source: `${MICROSOFT}: the recipient takes mail from some senders only`,
    example: '550 5.7.13 sender was not authenticated for public folder',
  },
  {
    reason: 'suspend',
    stages: PERSON,
    status: /^5\.7\.50[45]$/,
    source: `${MICROSOFT}: banned recipient`,
    example: '550 5.7.504 Recipient address rejected: Access denied',
  },
  {
    reason: 'policyviolation',
    status: /^5\.(?:0\.350|7\.9\d\d)$/,
    source: MICROSOFT,
    example: { stage: 'dot', said: '550 5.0.350 x-dg-ref header is too long' },
  },
  {
    reason: 'contenterror',
    text: /agent generated message depth exceeded|invalid message content/i,
    source: MICROSOFT,
    example: { stage: 'dot', said: '550 5.5.6 Invalid message content' },
  },
  {
    reason: 'spamdetected',
    text: /content filter agent quarantined/i,
    source: MICROSOFT,
    example: { stage: 'dot', said: '550 5.2.1 Content Filter agent quarantined this message' },
  },
  {
    reason: 'speeding',
    text: /submission quota exceeded|per hour message receive limit|exceeded their limit for/i,
    source: MICROSOFT,
    example: {
      stage: 'rcpt',
      said: "550 5.2.121 Recipient's per hour message receive limit from specific sender exceeded",
    },
  },
  {
    reason: 'systemerror',
    text: /journaling archive is disabled|helo \/ ehlo requires domain|^pfa agent busy/i,
    source: MICROSOFT,
    example: { stage: 'mail', said: '450 4.7.700 PFA agent busy, please try again.' },
  },
  {
    reason: 'userunknown',
    stages: PERSON,
    code: /^5/,
    text: /recipient address reserved by rfc 2606|recipient addresses in single label domains|invalid x\.400 address/i,
    source: MICROSOFT,
    example: '550 5.1.4 Recipient address reserved by RFC 2606',
  },

  // Others, by their name beside the words
  {
    reason: 'requireptr',
    text: /dns check failure - try again later|rejected - no rdns/i,
    source: 'cox.com, email error codes',
    example: { stage: 'connect', said: '421 DNS check failure - try again later' },
  },
  {
    reason: 'rejected',
    class: 'reputation',
    text: /will be permanently deferred|due to unresolvable rfc\.?5321 (?:from )?domain/i,
    source: 'senders.yahooinc.com/smtp-error-codes',
    example: {
      stage: 'mail',
      said: '553 5.7.2 [TSS09] All messages from 192.0.2.1 will be permanently deferred',
    },
  },
  {
    reason: 'authfailure',
    text: /yahoo requires all senders to authenticate/i,
    source: 'senders.yahooinc.com/smtp-error-codes: authentication',
    example: {
      stage: 'dot',
      said: '550 5.7.9 Yahoo requires all senders to authenticate with either SPF or DKIM',
    },
  },
  {
    reason: 'blocked',
    text: /recipient temporarily unavailable|sender address blocked|ip temporarily blacklisted/i,
    hosts: /\bmimecast\.com(?:\s|$)/i,
    source: 'community.mimecast.com, SMTP error codes: a list that clears by itself',
    example: {
      stage: 'rcpt',
      said: '451 Recipient temporarily unavailable',
      hosts: 'us-smtp-inbound-1.mimecast.com',
    },
  },
  {
    reason: 'badreputation',
    text: /ct ip reputation/i,
    source: 'community.mimecast.com, SMTP error codes',
    example: { stage: 'connect', said: '550 Local CT IP Reputation - (reject)' },
  },
];
