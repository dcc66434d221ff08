import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Where a collection of real bounces lies: beside the project, or where BOUNCE_CORPUS says. It is no part of the package. */
export const CORPUS = path.resolve(process.env.BOUNCE_CORPUS ?? '../shared/corpus/bounces');
export const hasCorpus = existsSync(path.join(CORPUS, 'expected.json'));

export interface Expected {
  /** May be redacted by the reporter. */
  recipient: string;
  reason: string;
  hard: boolean;
  status: string;
  replyCode: string;
  feedbackType?: string;
}

export const readExpected = (): Record<string, Expected[]> =>
  JSON.parse(readFileSync(path.join(CORPUS, 'expected.json'), 'utf8')) as Record<string, Expected[]>;

export const readCorpusMail = (file: string) => readFileSync(path.join(CORPUS, file));

export const corpusMails = (): Buffer[] =>
  hasCorpus
    ? readdirSync(CORPUS)
        .filter((file) => file.endsWith('.eml'))
        .map(readCorpusMail)
    : [];
