import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { MAX_OCTETS, parseReport } from '../feedback/report';
import { UsageError } from './project';

/** What a file says, as `bounce parse` prints it: one JSON line a file. */
interface BounceLine {
  file: string;
  kind: string;
  /** RFC 5965; only for complaints and unsubscribes. */
  feedbackType?: string;
  recipients: {
    recipient: string | null;
    reason: string;
    hard: boolean;
    status: string;
    replyCode: string;
  }[];
}

/**
 * `bounce parse FILE…`: reads mails that came back and prints what each says. `-` is standard input. A file that cannot be
 * read is told on standard error; the others are printed nevertheless.
 * @returns 1 when a file could not be read
 */
export async function parseBounces(files: string[]): Promise<number> {
  if (files.length === 0)
    throw new UsageError('bounce parse: name the files to read, or - for standard input.');
  let failed = false;
  for (const file of files) {
    try {
      const raw = await readBeginning(file === '-' ? process.stdin : createReadStream(file));
      console.log(JSON.stringify(await lineOf(file, raw)));
    } catch (error) {
      failed = true;
      console.error(`strapi-newsletter: ${file} could not be read: ${(error as Error).message}`);
    }
  }
  return failed ? 1 : 0;
}

async function lineOf(file: string, raw: Buffer): Promise<BounceLine> {
  const report = await parseReport(raw);
  return {
    file,
    kind: report.kind,
    ...(report.feedbackType === null ? {} : { feedbackType: report.feedbackType }),
    recipients: report.recipients.map(({ recipient, reason, hard, status, replyCode }) => ({
      recipient,
      reason,
      hard,
      status,
      replyCode,
    })),
  };
}

/** More would not be looked at, however long the file is. */
async function readBeginning(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    chunks.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size >= MAX_OCTETS) break;
  }
  return Buffer.concat(chunks);
}
