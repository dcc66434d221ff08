import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseReport, type ParsedReport } from '../../../server/src/feedback/report';
import { REASONS, REPLY_CLASSES } from '../../../shared/contracts';
import { hostileMails, seeds } from './hostile';

/** 100,000 by `npm run test:fuzz`. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 2000);
/** What one mail may take, whatever is in it: a worker reads them one by one. A mail that hangs takes for ever. */
const MAX_MS = 2000;
const MAX_GROWTH = 300 * 1024 * 1024;

function check(report: ParsedReport) {
  expect(report.recipients.length).toBeLessThanOrEqual(200);
  for (const row of report.recipients) {
    expect(REASONS).toContain(row.reason);
    expect(REPLY_CLASSES).toContain(row.class);
    expect(row.hard).toBe(row.severity === 'hard');
    expect(row.status).toMatch(/^(?:[245]\.\d{1,3}\.\d{1,3})?$/);
    expect(row.replyCode).toMatch(/^(?:[245][0-5]\d)?$/);
    expect(row.text.length).toBeLessThanOrEqual(500);
    // eslint-disable-next-line no-control-regex
    expect(row.text).not.toMatch(/[\u0000-\u001f]/);
    expect(row.recipient?.length ?? 0).toBeLessThanOrEqual(330);
    if (row.hard) expect(row.action).not.toBe('delivered');
  }
  const { addresses, messageIds, listUnsubscribe, feedbackIds } = report.ours;
  for (const marks of [addresses, messageIds, listUnsubscribe, feedbackIds])
    expect(marks.length).toBeLessThanOrEqual(50);
  expect(report.subject.length).toBeLessThanOrEqual(500);
}

async function timed(raw: Buffer): Promise<number> {
  const begin = performance.now();
  check(await parseReport(raw));
  return performance.now() - begin;
}

describe('hostile mails', () => {
  it(
    'changed reports cost no crash, no hang and no memory',
    async () => {
      const from = seeds();
      for (const seed of from) await timed(seed);
      globalThis.gc?.();
      const before = process.memoryUsage().rss;
      let slowest = 0;
      let peak = before;
      const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31);
      await fc.assert(
        fc.asyncProperty(hostileMails(from), async (raw) => {
          const ms = await timed(raw);
          slowest = Math.max(slowest, ms);
          peak = Math.max(peak, process.memoryUsage().rss);
          expect(ms).toBeLessThan(MAX_MS);
        }),
        { numRuns: RUNS, seed, endOnFailure: true },
      );
      console.log(
        `fuzz: ${RUNS} mails from ${from.length} seeds (seed ${seed}), slowest ${slowest.toFixed(0)} ms, resident memory +${((peak - before) / 2 ** 20).toFixed(0)} MiB`,
      );
      expect(peak - before).toBeLessThan(MAX_GROWTH);
    },
    30 * 60_000,
  );

  it('anything at all is read', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.uint8Array({ maxLength: 2000 }), fc.string({ unit: 'binary' })),
        async (value) => {
          check(await parseReport(Buffer.from(value as Uint8Array)));
        },
      ),
      { numRuns: Math.min(RUNS, 2000) },
    );
  });

  const big = 1_100_000;
  const head = 'From: MAILER-DAEMON@example.net\nReturn-Path: <>\nSubject: Undelivered Mail\n';
  it.each<[string, () => string]>([
    [
      'a thousand levels',
      () => {
        let mail = head;
        for (let level = 0; level < 1000; level += 1)
          mail += `Content-Type: multipart/mixed; boundary=b${level}\n\n--b${level}\n`;
        return mail + 'x'.repeat(big);
      },
    ],
    [
      'one boundary for all levels',
      () =>
        `${head}Content-Type: multipart/mixed; boundary=b\n\n${'--b\nContent-Type: multipart/mixed; boundary=b\n\n'.repeat(20_000)}`,
    ],
    [
      'a hundred thousand parts',
      () => `${head}Content-Type: multipart/mixed; boundary=b\n\n${'--b\n\nx\n'.repeat(100_000)}`,
    ],
    [
      'boundaries that are none',
      () => `${head}Content-Type: multipart/mixed; boundary=b\n\n${'--bb\n'.repeat(200_000)}`,
    ],
    ['a header of a megabyte', () => `X: ${'a'.repeat(big)}\n${head}\n`],
    ['a hundred thousand fields', () => `${'X-A: b\n'.repeat(100_000)}${head}\n`],
    ['folded for ever', () => `${head}X: a\n${' b\n'.repeat(300_000)}\n`],
    ['encoded words', () => `${head}From: ${'=?utf-8?Q?=41?= '.repeat(60_000)}\n\n`],
    ['encoded words that do not end', () => `${head}X: ${'=?utf-8?Q?'.repeat(100_000)}\n\n`],
    ['one line', () => `${head}\n${'<a@b>: '.repeat(150_000)}`],
    [
      'a hundred thousand recipients',
      () => `${head}\n${'<a@example.jp>: 550 5.1.1 user unknown\n'.repeat(30_000)}`,
    ],
    [
      'different recipients',
      () =>
        `${head}\n${Array.from({ length: 30_000 }, (_, n) => `<a${n}@example.jp>:\n550 5.1.1 no\n`).join('')}`,
    ],
    [
      'status groups',
      () =>
        `${head}Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n${'Final-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.1.1\n\n'.repeat(15_000)}`,
    ],
    ['markup', () => `${head}Content-Type: text/html\n\n${'<p><div><style>'.repeat(70_000)}`],
    ['entities', () => `${head}Content-Type: text/html\n\n${'&amp;&#x41;'.repeat(100_000)}`],
    [
      'base64 of text',
      () =>
        `${head}Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n${Buffer.from('550 5.1.1 <a@b.example>... user unknown\n'.repeat(20_000)).toString('base64')}`,
    ],
    ['blanks', () => `${head}\n${' '.repeat(big)}`],
    ['empty lines', () => `${head}\n${'\n'.repeat(big)}`],
    ['commas and at signs', () => `${head}To: ${'a@,'.repeat(300_000)}\n\n${'@'.repeat(big)}`],
    ['JSON', () => `${head}\n{"notificationType":${'['.repeat(500_000)}`],
    ['NUL', () => `${head}\n${'\0'.repeat(big)}`],
    ['carriage returns', () => `${head}\n${'\r'.repeat(big)}`],
  ])('bounded: %s', async (_, make) => {
    expect(await timed(Buffer.from(make()))).toBeLessThan(MAX_MS);
  });
});
