import { REASON_CLASS, type Reason, type ReplyClass } from '../../../shared/contracts';
import { PERSON } from './stages';
import type { ReasonRule } from './types';

/** Providers with codes of their own, which stand in the text and mean one thing each. */
export const CODE_RULES: readonly ReasonRule[] = [
  // Facebook. postmaster.facebook.com/response_codes
  ...facebook('userunknown', /\b(?:RCP-P1|INT-P[134])\b/, 'RCP-P1'),
  ...facebook('filtered', /\bRCP-P[23]\b/, 'RCP-P2'),
  ...facebook('mesgtoobig', /\b(?:MSG-P1|INT-P2)\b/, 'MSG-P1'),
  ...facebook('contenterror', /\b(?:MSG-P2|POL-P6)\b/, 'POL-P6'),
  ...facebook('notcompliantrfc', /\bMSG-P3\b/, 'MSG-P3'),
  ...facebook('virusdetected', /\bPOL-P5\b/, 'POL-P5'),
  ...facebook('authfailure', /\bPOL-P7\b/, 'POL-P7'),
  ...facebook('blocked', /\bPOL-(?:P[1-4]|T[123])\b/, 'POL-T1'),
  ...facebook('toomanyconn', /\bCON-T[124]\b/, 'CON-T1'),
  ...facebook('speeding', /\bCON-T3\b/, 'CON-T3'),
  ...facebook('requireptr', /\bDNS-(?:P3|T2)\b/, 'DNS-P3'),
  ...facebook('rejected', /\bDNS-(?:P[12]|T1)\b/, 'DNS-P1'),
  ...facebook('systemerror', /\b(?:RCP-T\d|INT-T\d{1,2})\b/, 'INT-T1'),

  // Orange, Wanadoo, La Poste. postmaster.orange.fr
  ...french(
    'blocked',
    '10[12356]|510|999',
    '550 5.7.0 Client host blocked for spamming issues. OFR006_102 [102]',
  ),
  ...french('toomanyconn', '10[479]', '421 Too many connections, slow down. OFR004_104 [104]'),
  ...french('userunknown', '416', '550 5.1.1 Invalid recipient. OFR_416 [416]'),
  ...french('mailboxfull', '417', '552 Mailbox full. OFR_417 [417]'),
  ...french('suspend', '42[06]', '550 5.5.0 The recipient account is blocked. LPN007_426'),
  ...french('authfailure', '401|517', '550 5.7.1 Not allowed to send mail. OFR_517 [517]'),
  ...french('rejected', '403|405|415|421', '550 5.1.0 Sender refused. OFR_415 [415]'),
  ...french(
    'securityerror',
    '305|402',
    '550 5.7.1 Authentification requise. OFR_402 [402]',
    'authentication',
  ),
  ...french('mesgtoobig', '514', '552 Taille limite du message atteinte. OFR_514 [514]'),
  ...french('policyviolation', '630', '550 5.7.1 Refused. OFR_630 [630]'),
  ...french('systemerror', '505', '421 4.2.0 Service refused, please try later. OFR005_505 [505]'),
  ...french('spamdetected', '50[67]|515|519', '550 5.2.0 Mail rejected. OFR_506 [506]'),

  // Cox. cox.com: email error codes
  ...cox('requireptr', /\bCXDNS\b/, 'CXDNS'),
  ...cox('blocked', /\b(?:CXBL|CDRBL|CSRBL|CXRDBL|IPBL[01]{3,5})\b/, 'CXBL'),
  ...cox('authfailure', /\bCXSNDR\b/, 'CXSNDR'),
  ...cox('rejected', /\bCXSMTP\b/, 'CXSMTP'),
  ...cox('toomanyconn', /\b(?:CXCNCT|CXMXRT)\b/, 'CXCNCT'),
  ...cox('securityerror', /\b(?:CXTHRT|CXMJ)\b/, 'CXMJ', 'rate'),
  ...cox('spamdetected', /\bURLBL[01]{3,4}\b/, 'URLBL011'),

  // Spectrum, Charter. spectrum.net: email error codes
  ...spectrum('rejected', '10[1-8]0|15[02]0', 1010, 'reputation'),
  ...spectrum('blocked', '1000|12[0-5]0', 1000),
  ...spectrum('systemerror', '1090', 1090),
  ...spectrum('requireptr', '11[0-5]0', 1100),
  ...spectrum('policyviolation', '11[6-9]0|1560', 1160),
  ...spectrum('networkerror', '1260', 1260),
  ...spectrum('toomanyconn', '13[0-4]0', 1340),
  ...spectrum('speeding', '13[5-9]0|14\\d0|15[458]0', 1350),
  ...spectrum('mesgtoobig', '1530', 1530),

  // GoDaddy. godaddy.com: email bounce codes
  ...godaddy('requireptr', 'IB108', 'IB108'),
  ...godaddy('speeding', 'IB(?:101|504|510|607)', 'IB101'),
  ...godaddy('badreputation', 'IB103', 'IB103'),
  ...godaddy('blocked', 'IB(?:10[4-6]|11[0-3])', 'IB104'),
  ...godaddy('spamdetected', 'IB212', 'IB212'),
  ...godaddy('notcompliantrfc', 'IB50[12]', 'IB501'),
  ...godaddy('rejected', 'IB506', 'IB506'),
  ...godaddy('authfailure', 'IB508', 'IB508'),
  ...godaddy('toomanyconn', 'IB(?:605|007)', 'IB605'),
  ...godaddy('virusdetected', 'IB705', 'IB705'),

  // i.ua. mail.i.ua/err/
  ...iua('norelaying', '[16]', 1),
  ...iua('userunknown', '2', 2),
  ...iua('suspend', '3', 3),
  ...iua('mailboxfull', '4', 4),
  ...iua('toomanyconn', '5', 5),
  ...iua('blocked', '[79]', 9),
  ...iua('rejected', '8', 8),
  ...iua('filtered', '10', 10),

  // Exchange 5.5 to 2003 write MAPI's number of the failure in brackets, often with nothing else to read.
  ...mapi('userunknown', '000C05A6'),
  ...mapi('filtered', '000C0595'),
  ...mapi('systemerror', '00010256|000D06B5'),
  ...mapi('networkerror', '00120270', 'routing'),
  ...mapi('contenterror', '00050311|000502CC'),
  ...mapi('securityerror', '000B0981', 'authentication'),

  // PowerMTA sorts what it was told by itself, and writes so beside it.
  ...powermta('userunknown', 'bad-mailbox'),
  ...powermta('hostunknown', 'bad-domain'),
  ...powermta('suspend', 'inactive-mailbox'),
  ...powermta('mailboxfull', 'quota-issues'),
  ...powermta('expired', 'message-expired'),
  ...powermta('networkerror', 'no-answer-from-host|bad-connection'),
  ...powermta('systemerror', 'routing-errors'),
  ...powermta('policyviolation', 'policy-related'),
  ...powermta('spamdetected', 'spam-related'),
  ...powermta('contenterror', 'content-related'),
  ...powermta('virusdetected', 'virus-related'),
  ...powermta('norelaying', 'relaying-issues'),
];

function facebook(reason: Reason, text: RegExp, code: string): ReasonRule[] {
  const example = `550 ${code} http://postmaster.facebook.com/response_codes`;
  return [{ reason, ...stagesOf(reason), text, source: 'postmaster.facebook.com/response_codes', example }];
}

function french(reason: Reason, codes: string, example: string, found?: ReplyClass): ReasonRule[] {
  const text = new RegExp(`\\b(?:OFR|LPN|LPNAAA|OUK)\\d{0,4}[_-](?:${codes})\\b`, 'i');
  return [rule(reason, text, 'postmaster.orange.fr', example, found)];
}

function cox(reason: Reason, text: RegExp, code: string, found?: ReplyClass): ReasonRule[] {
  return [rule(reason, text, 'cox.com, email error codes', `550 5.7.1 rejected. AUP#${code}`, found)];
}

function spectrum(reason: Reason, codes: string, code: number, found?: ReplyClass): ReasonRule[] {
  const text = new RegExp(`AUP#[-A-Za-z]{0,12}(?:${codes})\\b`, 'i');
  return [
    rule(reason, text, 'spectrum.net, email error codes', `554 cmsmtp 192.0.2.1. AUP#In-${code}`, found),
  ];
}

function godaddy(reason: Reason, codes: string, code: string): ReasonRule[] {
  const text = new RegExp(`\\b${codes}\\b`);
  return [rule(reason, text, 'godaddy.com, email bounce codes', `554 p3 bizsmtp ${code}`)];
}

function iua(reason: Reason, codes: string, code: number): ReasonRule[] {
  const text = new RegExp(`\\bi\\.ua/err/(?:${codes})(?:/|\\b)`, 'i');
  return [rule(reason, text, 'i.ua, its error pages', `550 Refused. http://mail.i.ua/err/${code}/`)];
}

function mapi(reason: Reason, codes: string, found?: ReplyClass): ReasonRule[] {
  const text = new RegExp(`\\((?:${codes})\\)`, 'i');
  const said = `MSEXCH:MSExchangeMTA:SITE:SERVER (${codes.split('|')[0]!})`;
  return [rule(reason, text, 'Exchange 5.5 to 2003, as collected in Sisimai (BSD-2-Clause)', said, found)];
}

function powermta(reason: Reason, categories: string): ReasonRule[] {
  const text = new RegExp(`x-powermta-bouncecategory: (?:${categories})`, 'i');
  const said = `550 (X-PowerMTA-BounceCategory: ${categories.split('|')[0]!})`;
  return [rule(reason, text, 'PowerMTA, bounce categories', said)];
}

function rule(reason: Reason, text: RegExp, source: string, example: string, found?: ReplyClass): ReasonRule {
  return { reason, ...(found && { class: found }), ...stagesOf(reason), text, source, example };
}

/** Nobody is dead before the receiver knows for whom the mail is. */
function stagesOf(reason: Reason) {
  return REASON_CLASS[reason] === 'invalid' ? { stages: PERSON } : {};
}
