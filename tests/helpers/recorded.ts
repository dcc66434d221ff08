import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createTokens, type Tokens } from '../../server/src/tokens';

/**
 * Reports that real mail servers made about mails of ours, as they came in (the machine's own name is replaced).
 * Recorded by `RECORD_BOUNCES=1 npm test -- tests/integration/bounces.test.ts`.
 */
export const RECORDED = path.resolve(import.meta.dirname, '../fixtures/bounces');

/** The marks in the recorded reports are made with these. */
export const recordedTokens = (): Tokens =>
  createTokens({ tokens: ['a secret of the recorded reports alone'], pepper: 'and their pepper'.repeat(2) });

/** What becomes of a mail to each of these recipients, and what its report must say. */
export const CASES = {
  gone: { reply: '550 5.1.1 Recipient address rejected: User unknown', at: 'rcpt', severity: 'hard' },
  full: { reply: '552 5.2.2 Mailbox full: the user is over quota', at: 'rcpt', severity: 'soft' },
  spam: { reply: '554 5.7.1 Message rejected as spam by content scanning', at: 'data', severity: 'block' },
} as const;
export type CaseName = keyof typeof CASES;

export interface Recorded {
  file: string;
  mailer: string;
  name: string;
  raw: Buffer;
}

export const recorded = (): Recorded[] =>
  readdirSync(RECORDED)
    .filter((file) => file.endsWith('.eml'))
    .sort()
    .map((file) => {
      const [mailer, name] = file.replace('.eml', '').split('-') as [string, string];
      return { file, mailer, name, raw: readFileSync(path.join(RECORDED, file)) };
    });
