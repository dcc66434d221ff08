import { beforeAll, describe, expect, it } from 'vitest';
import { parseReport, type ReportRecipient } from '../../../server/src/feedback/report';
import { CORPUS, hasCorpus, readCorpusMail, readExpected, type Expected } from './corpus';

interface Row {
  file: string;
  expected: Expected;
  kind: string;
  got: ReportRecipient | undefined;
}

/** Reasons of living mailboxes: a dead-address verdict on one of them would lose a reader. */
const LIVING = ['filtered', 'rejected', 'mailboxfull', 'contenterror', 'spamdetected', 'virusdetected'];
const percent = (part: number, all: number) => (all === 0 ? 100 : (100 * part) / all);

if (!hasCorpus) console.log(`skipped: no collection of bounces at ${CORPUS} (set BOUNCE_CORPUS)`);

describe.skipIf(!hasCorpus)('a collection of real bounces', () => {
  const rows: Row[] = [];
  let extra = 0;

  beforeAll(async () => {
    for (const [file, expected] of Object.entries(readExpected())) {
      const report = await parseReport(readCorpusMail(file));
      for (const row of expected) {
        // reporters that redact whom they name are right to name nobody
        const isHidden = row.recipient.endsWith('.invalid');
        const got = report.recipients.find((candidate) =>
          isHidden
            ? candidate.recipient === null
            : candidate.recipient?.toLowerCase() === row.recipient.toLowerCase(),
        );
        rows.push({
          file,
          expected: row,
          kind: report.kind,
          got: got ?? soleRecipient(report.recipients, expected),
        });
      }
      extra += Math.max(0, report.recipients.length - expected.length);
    }
    printTable(rows, extra);
  }, 120_000);

  const share = (isRight: (row: Row) => boolean, of: (row: Row) => boolean = () => true) => {
    const asked = rows.filter(of);
    return percent(asked.filter(isRight).length, asked.length);
  };

  it('finds the recipients, and no others', () => {
    expect(share((row) => isFound(row))).toBeGreaterThanOrEqual(97);
    expect(extra).toBeLessThanOrEqual(rows.length * 0.01);
  });

  it('tells dead addresses from living ones', () => {
    expect(share(({ got, expected }) => got?.hard === expected.hard)).toBeGreaterThanOrEqual(99);
    const killed = rows.filter(({ got, expected }) => got?.hard && LIVING.includes(expected.reason));
    expect(killed.map(({ file }) => file)).toEqual([]);
  });

  it('finds the reason, the status and the reply code', () => {
    expect(share(({ got, expected }) => got?.reason === expected.reason)).toBeGreaterThanOrEqual(97);
    expect(share(({ got, expected }) => got?.status === expected.status)).toBeGreaterThanOrEqual(95);
    expect(share(({ got, expected }) => got?.replyCode === expected.replyCode)).toBeGreaterThanOrEqual(95);
  });

  it('recognises complaints', () => {
    const isComplaint = (row: Row) => row.expected.reason === 'feedback';
    expect(
      share(({ kind }) => kind === 'complaint' || kind === 'unsubscribe', isComplaint),
    ).toBeGreaterThanOrEqual(98);
    expect(
      share(
        ({ kind }) => kind !== 'complaint' && kind !== 'unsubscribe',
        (row) => !isComplaint(row),
      ),
    ).toBe(100);
  });
});

/** One was expected and one was found, under another address: judged all the same. */
const soleRecipient = (got: ReportRecipient[], expected: Expected[]) =>
  got.length === 1 && expected.length === 1 ? got[0] : undefined;

const isFound = ({ got, expected }: Row) =>
  got !== undefined &&
  (got.recipient === null
    ? expected.recipient.endsWith('.invalid')
    : got.recipient.toLowerCase() === expected.recipient.toLowerCase());

function printTable(rows: Row[], extra: number) {
  const reasons = [...new Set(rows.map(({ expected }) => expected.reason))].sort();
  const line = (name: string, of: Row[]) =>
    [
      name.padEnd(16),
      of.length,
      of.filter(isFound).length,
      of.filter(({ got, expected }) => got?.reason === expected.reason).length,
      of.filter(({ got, expected }) => got?.hard === expected.hard).length,
      of.filter(({ got, expected }) => got?.hard && !expected.hard).length,
    ]
      .map((cell, index) => (index === 0 ? cell : String(cell).padStart(10)))
      .join('');
  console.log(
    [
      ['expected'.padEnd(16), 'n', 'found', 'reason', 'hard', 'too hard']
        .map((cell, index) => (index === 0 ? cell : cell.padStart(10)))
        .join(''),
      ...reasons.map((reason) =>
        line(
          reason,
          rows.filter(({ expected }) => expected.reason === reason),
        ),
      ),
      line('all', rows),
      `recipients that nobody expected: ${extra}`,
    ].join('\n'),
  );
}
