import { REASON_CLASS, type Reason } from '../../../shared/contracts';
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
  ...french('blocked', '10[2356]|999', '550 5.7.0 Client host blocked for spamming issues. OFR006_102 [102]'),
  ...french('toomanyconn', '10[1479]', '421 Too many connections, slow down. OFR004_104 [104]'),
  ...french('userunknown', '416', '550 5.1.1 Invalid recipient. OFR_416 [416]'),
  ...french('mailboxfull', '417', '552 Mailbox full. OFR_417 [417]'),
  ...french('suspend', '426', '550 5.5.0 The recipient account is blocked. LPN007_426'),
  ...french('systemerror', '505', '421 4.2.0 Service refused, please try later. OFR005_505 [505]'),
  ...french('spamdetected', '50[67]|515|519', '550 5.2.0 Mail rejected. OFR_506 [506]'),

  // Cox. cox.com: email error codes
  ...cox('requireptr', /\bCXDNS\b/, 'CXDNS'),
  ...cox('blocked', /\b(?:CXBL|CDRBL|CSRBL|CXRDBL|IPBL[01]{3,5})\b/, 'CXBL'),
  ...cox('rejected', /\bCXSNDR\b/, 'CXSNDR'),
  ...cox('toomanyconn', /\bCXCNCT\b/, 'CXCNCT'),
  ...cox('speeding', /\b(?:CXMXRT|CXTHRT|CXMJ)\b/, 'CXMXRT'),

  // Spectrum, Charter. spectrum.net: email error codes
  {
    reason: 'toomanyconn',
    text: /AUP#(?:(?:In?|O)-)?1(?:31|34|44)0\b/i,
    source: 'Spectrum: concurrent connections',
    example: '421 cmsmtp 192.0.2.1 blocked. AUP#In-1340',
  },
  {
    reason: 'blocked',
    text: /cmsmtp .{0,80}blocked|AUP#In?-1\d{3}\b.{0,40}blocked/i,
    source: 'Spectrum',
    example:
      '554 impin004 cmsmtp 192.0.2.1 blocked. Please see https://www.spectrum.net for more. AUP#In-1020',
  },
];

function facebook(reason: Reason, text: RegExp, code: string): ReasonRule[] {
  const example = `550 ${code} http://postmaster.facebook.com/response_codes`;
  return [{ reason, ...stagesOf(reason), text, source: 'postmaster.facebook.com/response_codes', example }];
}

function french(reason: Reason, codes: string, example: string): ReasonRule[] {
  const text = new RegExp(`\\b(?:OFR|LPN)\\d{0,4}_(?:${codes})\\b`, 'i');
  return [{ reason, ...stagesOf(reason), text, source: 'postmaster.orange.fr', example }];
}

function cox(reason: Reason, text: RegExp, code: string): ReasonRule[] {
  return [{ reason, text, source: 'cox.com, email error codes', example: `550 5.7.1 rejected. AUP#${code}` }];
}

/** Nobody is dead before the receiver knows for whom the mail is. */
function stagesOf(reason: Reason) {
  return REASON_CLASS[reason] === 'invalid' ? { stages: PERSON } : {};
}
