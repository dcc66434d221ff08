import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classify, GIVE_UP_AFTER, type AttemptFacts } from '../../../server/src/delivery/replies';
import { oneLine, parseReply } from '../../../server/src/delivery/replies-parse';
import { REPLY_CLASSES } from '../../../server/src/delivery/reply-rules';
import type { SendOutcome, SmtpStage } from '../../../server/src/delivery/types';

const MINUTE = 60_000;
const NOW = Date.UTC(2026, 10, 24);
const facts = (over: Partial<AttemptFacts> = {}): AttemptFacts => ({
  attempt: 1,
  firstQueuedAt: NOW,
  now: NOW,
  random: () => 0.5,
  ...over,
});
const judge = (stage: SmtpStage, line: string, over: Partial<AttemptFacts> = {}) =>
  classify({ kind: 'refused', stage, reply: parseReply(line)! }, facts(over));

describe('replies of real servers', () => {
  // [stage, reply, class, state, suppress, pause]
  const invalid = ['bounced', true, false] as const;
  const bounced = ['bounced', false, false] as const;
  const deferred = ['deferred', false, false] as const;
  const paused = ['deferred', false, true] as const;
  const cases: [SmtpStage, string, string, readonly [string, boolean, boolean]][] = [
    // a size that the server takes from nobody, and one that a recipient does not take
    ['rcpt', '552 5.2.3 Message too large', 'size', bounced],
    // dead
    [
      'rcpt',
      "550-5.1.1 The email account that you tried to reach does not exist. Please try\n550-5.1.1 double-checking the recipient's email address for typos or\n550 5.1.1 unnecessary spaces. gsmtp",
      'invalid',
      invalid,
    ],
    [
      'rcpt',
      '550 5.1.1 <kijitora@example.jp>: Recipient address rejected: User unknown in local recipient table',
      'invalid',
      invalid,
    ],
    [
      'rcpt',
      '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient x@example.com not found by SMTP address lookup',
      'invalid',
      invalid,
    ],
    ['rcpt', '550 Requested action not taken: mailbox unavailable', 'invalid', invalid],
    [
      'rcpt',
      "554 delivery error: dd This user doesn't have a yahoo.com account (x@yahoo.com) [0] - mta1",
      'invalid',
      invalid,
    ],
    // closed for now: people come back
    ['rcpt', '550 5.2.1 The email account that you tried to reach is disabled. gsmtp', 'suspended', bounced],
    ['rcpt', '550 No such user here', 'invalid', invalid],
    ['rcpt', '550 <kijitora@ezweb.ne.jp>: User unknown', 'invalid', invalid],
    ['rcpt', '556 5.1.10 Domain example.net does not accept mail (nullMX)', 'invalid', invalid],
    ['dot', '550 5.1.1 <x@example.org> User unknown', 'invalid', invalid],
    // said of a person who filters
    ['rcpt', '550 : User unknown', 'filtered', bounced],
    ['rcpt', '550 Unknown user kijitora@docomo.ne.jp', 'filtered', bounced],
    // full
    [
      'rcpt',
      '552 5.2.2 <x@example.com>: Recipient address rejected: Mailbox is full',
      'mailbox-full',
      bounced,
    ],
    ['rcpt', '550 5.1.1 <x@example.com> Mailbox over quota', 'mailbox-full', bounced],
    [
      'rcpt',
      "452-4.2.2 The recipient's inbox is out of storage space. Please direct the\n452 4.2.2 recipient to ... gsmtp",
      'mailbox-full',
      deferred,
    ],
    ['data', '552 Too much mail data', 'mailbox-full', bounced],
    // size
    ['mail', '552 5.3.4 Message size exceeds fixed limit', 'size', paused],
    ['dot', '500 Line Too Long', 'size', bounced],
    // authentication and configuration
    ['auth', '535 5.7.8 Error: authentication failed: UGFzc3dvcmQ6', 'authentication', paused],
    [
      'auth',
      '454 4.7.0 Temporary authentication failure: Connection lost to authentication server',
      'network',
      deferred,
    ],
    ['mail', '530 5.7.0 Must issue a STARTTLS command first', 'authentication', paused],
    ['rcpt', '554 5.7.1 <x@example.net>: Relay access denied', 'authentication', deferred],
    ['mail', '554 5.7.1 Relay access denied', 'authentication', paused],
    ['rcpt', '550 5.7.1 host mx.example.net said: relaying denied', 'policy', bounced],
    [
      'dot',
      '550-5.7.26 Your email has been blocked because the sender is unauthenticated.\n550 5.7.26 Gmail requires all senders to authenticate with either SPF or DKIM. gsmtp',
      'authentication',
      deferred,
    ],
    [
      'dot',
      '550 5.7.515 Access denied, sending domain EXAMPLE.COM does not meet the required authentication level',
      'authentication',
      deferred,
    ],
    [
      'dot',
      '554 5.7.9 Message not accepted for policy reasons. See https://postmaster.yahooinc.com/error-codes',
      'authentication',
      deferred,
    ],
    [
      'dot',
      '421-4.7.26 Your email has been rate limited because it is unauthenticated. gsmtp',
      'authentication',
      deferred,
    ],
    [
      'mail',
      '553 5.1.8 <editor@nowhere.example>: Sender address rejected: Domain not found',
      'sender',
      paused,
    ],
    [
      'dot',
      '554 Message rejected: Email address is not verified. The following identities failed the check',
      'sender',
      deferred,
    ],
    // reputation and rate
    [
      'connect',
      '554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org',
      'reputation',
      deferred,
    ],
    [
      'mail',
      "550 5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent. Please contact your Internet service provider since part of their network is on our block list (S3150).",
      'reputation',
      deferred,
    ],
    [
      'mail',
      '421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume or user complaints',
      'rate',
      deferred,
    ],
    [
      'dot',
      '421-4.7.28 Gmail has detected an unusual rate of unsolicited mail originating from your IP. gsmtp',
      'reputation',
      deferred,
    ],
    [
      'mail',
      '451 4.7.650 The mail server [192.0.2.1] has been temporarily rate limited due to IP reputation',
      'reputation',
      deferred,
    ],
    [
      'rcpt',
      '450 4.2.1 The user you are trying to contact is receiving mail too quickly. gsmtp',
      'rate',
      deferred,
    ],
    [
      'rcpt',
      '550 5.2.1 The user you are trying to contact is receiving mail at a rate that prevents additional messages from being delivered. gsmtp',
      'rate',
      deferred,
    ],
    ['dot', '454 Throttling failure: Maximum sending rate exceeded.', 'rate', deferred],
    ['rcpt', '452 4.5.3 Error: too many recipients', 'rate', deferred],
    ['connect', '421 4.7.0 Too many connections from your host', 'rate', deferred],
    // greylisting
    [
      'rcpt',
      '450 4.2.0 <x@example.net>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/',
      'greylist',
      deferred,
    ],
    ['rcpt', '451 4.7.1 Please try again later', 'greylist', deferred],
    // content
    ['dot', '554 5.7.1 Message contains spam or virus or sender is blocked', 'content', bounced],
    ['dot', '550 5.7.1 Message content rejected due to spam filter', 'content', bounced],
    [
      'dot',
      '550-5.7.1 [192.0.2.1 12] Gmail has detected that this message is likely unsolicited mail.\n550 5.7.1 To reduce the amount of spam sent to Gmail, this message has been blocked.',
      'content',
      bounced,
    ],
    // network and the rest
    ['connect', '421 4.3.2 Service not available, closing transmission channel', 'network', deferred],
    ['connect', '554 no SMTP service here', 'network', deferred],
    ['rcpt', '550 5.4.6 Routing loop detected', 'routing', bounced],
    ['rcpt', '503 5.5.1 Error: need MAIL command', 'protocol', deferred],
    [
      'rcpt',
      '450 4.1.1 <x@example.net>: Recipient address rejected: unverified address: connect timed out',
      'other',
      deferred,
    ],
    [
      'rcpt',
      '550 5.7.1 Recipient not authorized, your IP has been found on a block list',
      'reputation',
      deferred,
    ],
    ['rcpt', '550 5.4.1 Recipient address rejected: Access denied. AS(201806281)', 'invalid', invalid],
    ['rcpt', '550 5.0.0 We do not like you', 'other', bounced],
    ['mail', '550 We do not like you', 'policy', bounced],
    ['dot', '554 Transaction failed', 'policy', bounced],
  ];

  it.each(cases)('%s %s → %s', (stage, line, reason, [state, suppress, pauses]) => {
    const verdict = judge(stage, line);
    expect({ ...verdict, pause: verdict.pauseCampaign !== null }).toMatchObject({
      reason,
      state,
      suppress,
      pause: pauses,
    });
  });

  it('a refusal at one recipient never pauses by itself: one subscriber could stop every campaign', () => {
    const pauses = (stage: SmtpStage, line: string) => judge(stage, line).pauseCampaign !== null;
    for (const stage of ['rcpt', 'data', 'dot'] as const) {
      expect(pauses(stage, '550 5.7.23 SPF validation failed'), stage).toBe(false);
      expect(pauses(stage, '550 5.1.8 Sender address rejected'), stage).toBe(false);
      for (const code of ['26', '27', '30', '32', '40', '515', '509'])
        expect(pauses(stage, `550 5.7.${code} refused`), `${stage} ${code}`).toBe(false);
    }
    expect(pauses('mail', '550 5.7.23 SPF validation failed')).toBe(true);
  });

  it('docomo says "unknown" of people who filter, whatever the text', () => {
    expect(judge('rcpt', '550 Unknown user', { email: 'a@docomo.ne.jp' })).toMatchObject({
      reason: 'filtered',
      suppress: false,
    });
    expect(judge('rcpt', '550 Unknown user', { email: 'a@example.jp' })).toMatchObject({
      reason: 'invalid',
      suppress: true,
    });
  });

  it('a wordless 421 after the final dot leaves it open whether the message was kept', () => {
    expect(judge('dot', '421 4.3.2 Service shutting down').state).toBe('in_doubt');
    expect(judge('dot', '421 closing').state).toBe('in_doubt');
    expect(judge('data', '421 closing').state).toBe('deferred');
  });

  it('a broken session gets one more try', () => {
    expect(judge('rcpt', '503 bad sequence', { attempt: 2 })).toMatchObject({
      state: 'bounced',
      suppress: false,
    });
  });
});

describe('waiting', () => {
  const waits = (line: string, attempts: number[]) =>
    attempts.map((attempt) => (judge('rcpt', line, { attempt }).nextAt! - NOW) / MINUTE);

  it('follows the table', () => {
    expect(waits('450 4.3.0 mailbox busy', [1, 2, 3, 4, 5, 6, 7, 20])).toEqual([
      5, 15, 30, 60, 120, 240, 240, 240,
    ]);
    expect(waits('450 Greylisted', [1, 2])).toEqual([5.5, 15]);
    expect(waits('450 4.2.1 receiving mail too quickly', [1, 4])).toEqual([30, 60]);
    expect(waits('421 4.7.28 unusual rate', [1, 5])).toEqual([60, 120]);
  });

  it('comes back to a greylist after five to six minutes, and to whoever said when, not before', () => {
    const at = (line: string, random: number) =>
      (judge('rcpt', line, { random: () => random }).nextAt! - NOW) / MINUTE;
    expect([at('450 Greylisted', 0), at('450 Greylisted', 1)]).toEqual([5, 6]);
    expect(at('450 4.7.1 Greylisted, try again in 300 seconds', 0)).toBe(5);
    expect(at('421 4.7.0 [TSS04] deferred, please retry after 2 hours', 0)).toBe(120);
    expect(at('421 4.7.28 Try again later', 0.5)).toBe(60);
  });

  it('is not told to come every minute for two days', () => {
    const soon = '452 4.2.2 mailbox full, try again in 1 minute';
    expect(waits(soon, [1, 2, 3, 4, 5, 20]).map(Math.floor)).toEqual([1, 1, 1, 60, 120, 240]);
    expect(waits('451 4.3.0 please wait 5 seconds', [1, 6]).map(Math.floor)).toEqual([1, 240]);
    expect(waits('451 4.3.0 please wait 8 hours', [1, 20]).map(Math.floor)).toEqual([528, 528]);
  });

  it('is short after a lost connection, and grows', () => {
    const lost = (attempt: number) =>
      (classify({ kind: 'lost', stage: 'connect', message: 'x' }, facts({ attempt })).nextAt! - NOW) / MINUTE;
    expect([1, 2, 3, 4, 5, 6, 7, 8].map(lost)).toEqual([1, 2, 5, 15, 30, 60, 120, 120]);
  });

  it('spreads by a fifth either way', () => {
    const at = (random: number) => judge('rcpt', '450 busy', { random: () => random }).nextAt! - NOW;
    expect([at(0), at(0.5), at(1)]).toEqual([4 * MINUTE, 5 * MINUTE, 6 * MINUTE]);
  });

  it('ends after 48 hours, without blame for the person', () => {
    const late = facts({ attempt: 17, firstQueuedAt: NOW - GIVE_UP_AFTER });
    const lost: SendOutcome = { kind: 'lost', stage: 'connect', message: 'x' };
    expect(classify(lost, late)).toEqual({
      state: 'failed',
      reason: 'expired',
      suppress: false,
      pauseCampaign: null,
    });
    expect(judge('rcpt', '450 4.2.2 mailbox full', late)).toMatchObject({
      state: 'failed',
      reason: 'expired',
      suppress: false,
    });
    expect(judge('rcpt', '450 4.2.2 full', facts({ firstQueuedAt: NOW - GIVE_UP_AFTER + 1 })).state).toBe(
      'deferred',
    );
    const configured = { firstQueuedAt: NOW - 4 * 60 * MINUTE, giveUpMs: 4 * 60 * MINUTE };
    expect(judge('rcpt', '450 4.2.2 full', configured).reason).toBe('expired');
  });

  it('ends with its own class when the last refusal was about us', () => {
    const late = { attempt: 17, firstQueuedAt: NOW - GIVE_UP_AFTER };
    const ended = (stage: SmtpStage, reply: string) => {
      const { state, reason } = judge(stage, reply, late);
      return [state, reason];
    };
    expect(ended('rcpt', '450 4.7.1 Greylisted')).toEqual(['failed', 'greylist']);
    expect(ended('rcpt', '450 Too many messages, slow down')).toEqual(['failed', 'rate']);
    expect(ended('rcpt', '554 5.7.1 Blocked using zen.spamhaus.org')).toEqual(['failed', 'reputation']);
    expect(ended('rcpt', '451 4.7.5 DMARC failure')).toEqual(['failed', 'authentication']);
    expect(ended('rcpt', '450 busy')).toEqual(['failed', 'expired']);
  });
});

it('a certificate or a login that cannot work pauses; a dropped connection does not', () => {
  const lost = (stage: SmtpStage, message: string) =>
    classify({ kind: 'lost', stage, message }, facts()).pauseCampaign?.sentence ?? null;
  expect(lost('tls', 'self-signed certificate')).toContain('not trusted');
  expect(lost('auth', 'Missing credentials for "PLAIN"')).toContain('Logging in');
  expect(lost('tls', 'read ECONNRESET')).toBeNull();
  expect(lost('mail', 'Connection closed unexpectedly')).toBeNull();
});

const stages: SmtpStage[] = ['connect', 'tls', 'auth', 'mail', 'rcpt', 'data', 'dot'];
const words = [
  'user unknown',
  'mailbox full',
  'spam',
  'blocked using',
  'greylisted',
  'try again later',
  '421',
  'SPF fail',
  'relay denied',
  'sender rejected',
  'rate limit',
  '',
];

it('every outcome has a verdict, and no verdict breaks the rules', () => {
  const reply = fc.record({
    code: fc.integer({ min: 400, max: 599 }),
    status: fc.option(
      fc.tuple(fc.constantFrom(2, 4, 5), fc.nat(9), fc.nat(999)).map((parts) => parts.join('.')),
    ),
    text: fc
      .array(fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 30 })), { maxLength: 4 })
      .map((parts) => parts.join(' ')),
  });
  const outcome: fc.Arbitrary<SendOutcome> = fc.oneof(
    fc.record({ kind: fc.constant('refused' as const), stage: fc.constantFrom(...stages), reply }),
    fc.record({
      kind: fc.constant('lost' as const),
      stage: fc.constantFrom(...stages),
      message: fc.string(),
    }),
    fc.record({ kind: fc.constant('unknown' as const), message: fc.string() }),
    fc.record({ kind: fc.constant('accepted' as const), reply }),
  );
  fc.assert(
    fc.property(outcome, fc.integer({ min: 1, max: 40 }), fc.nat(72), (given, attempt, hours) => {
      const now = NOW + hours * 60 * MINUTE;
      const verdict = classify(given, { attempt, firstQueuedAt: NOW, now });
      const known: (string | null)[] = [...REPLY_CLASSES, 'expired', 'in-doubt', null];
      expect(known).toContain(verdict.reason);
      expect(verdict.state === 'accepted').toBe(given.kind === 'accepted');
      if (given.kind === 'unknown') expect(verdict.state).toBe('in_doubt');
      if (verdict.state === 'deferred') {
        expect(verdict.nextAt).toBeGreaterThan(now);
        expect(hours).toBeLessThan(48);
      } else expect(verdict.nextAt).toBeUndefined();
      if (verdict.suppress) {
        expect(given).toMatchObject({ kind: 'refused' });
        expect(verdict).toMatchObject({ state: 'bounced', reason: 'invalid', pauseCampaign: null });
        expect(
          given.kind === 'refused' &&
            given.reply.code >= 500 &&
            ['rcpt', 'data', 'dot'].includes(given.stage),
        ).toBe(true);
      }
      if (given.kind === 'refused' && given.reply.code < 500)
        expect(['deferred', 'failed', 'in_doubt']).toContain(verdict.state);
    }),
    { numRuns: 3000 },
  );
});

describe('reading a reply', () => {
  it('joins its lines and takes the status out', () => {
    expect(parseReply('550-5.1.1 No such\r\n550 5.1.1 user')).toEqual({
      code: 550,
      status: '5.1.1',
      text: 'No such user',
    });
    expect(parseReply('250')).toEqual({ code: 250, status: null, text: '' });
    expect(parseReply('250 2.0.0')).toEqual({ code: 250, status: '2.0.0', text: '' });
    expect(parseReply('550 10.0.0.1 is blocked')).toEqual({
      code: 550,
      status: null,
      text: '10.0.0.1 is blocked',
    });
  });

  it.each(['', 'foo', '25', '2500 x', 'HTTP/1.1 400'])('gives null for %j', (text) => {
    expect(parseReply(text)).toBeNull();
  });

  it('keeps texts short, on one line and well-formed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 1200 }), (text) => {
        const line = oneLine(text);
        expect(line.length).toBeLessThanOrEqual(500);
        // eslint-disable-next-line no-control-regex
        expect(line).not.toMatch(/[\u0000-\u001f]/);
        expect(Buffer.from(line).toString()).toBe(line);
      }),
    );
    expect(oneLine('x'.repeat(499) + '😀')).toBe('x'.repeat(499));
  });
});
