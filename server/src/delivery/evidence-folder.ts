import { mkdirSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Context } from '../context';
import { probeLock } from './evidence-lock';
import type { Settlement } from './ticker';

export const LOG = '.log';
const FORMAT = 'newsletter-evidence 1';
const OLD_MS = 24 * 3_600_000;

/** Names this run of the system's kernel; null where the system does not tell (only Linux does). */
export function bootId(): string | null {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return null;
  }
}

export const evidenceFolder = ({ config, projectDir }: Pick<Context, 'config' | 'projectDir'>): string =>
  path.resolve(projectDir, config.worker.evidence.folder);

/** First line of a file; one without it proves nothing. */
export const headOf = (token: string): string => `${FORMAT} ${token} ${bootId()}\n`;

export function removeEvidence(folder: string, token: string): void {
  for (const end of [LOG, `${LOG}.new`, '.lock']) rmSync(path.join(folder, token + end), { force: true });
}

/** Makes the folder, and takes away what the dead left behind and nobody asked for in a day. */
export async function removeOld(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(folder)) {
    const token = path.parse(name).name.split('.')[0]!;
    const since = statSync(path.join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - since < OLD_MS || (await probeLock(folder, token)) === 'held') continue;
    removeEvidence(folder, token);
  }
}

/** What a dead process has written down. */
export interface Testimony {
  /** Whether the last piece of this attempt can have left the process. */
  wasHanded(deliveryId: number, attempt: number): boolean;
  outcomeOf(deliveryId: number, attempt: number): Settlement | null;
}

/**
 * The evidence of an epoch whose lease ran out.
 * @returns `elsewhere`: not on this machine, another one may have it. `none`: nothing can be said: its process still
 *   lives (a frozen one might go on writing), the system was started since (a power cut loses what no disk had), or the
 *   file is damaged or void
 */
export async function readEvidence(folder: string, token: string): Promise<Testimony | 'elsewhere' | 'none'> {
  // First the lock: what a dead process has written does not change any more.
  const lock = await probeLock(folder, token);
  if (lock === 'missing') return 'elsewhere';
  if (lock === 'held') return 'none';
  try {
    return parseEvidence(readFileSync(path.join(folder, token + LOG), 'utf8'), token) ?? 'none';
  } catch {
    return 'none';
  }
}

/** Exported for tests. @returns null when it proves nothing */
export function parseEvidence(text: string, token: string): Testimony | null {
  const lines = text.split('\n');
  // The kernel may have taken a part of the last write only. Its message waited for the rest: it never left.
  lines.pop();
  if (bootId() === null || `${lines.shift() ?? ''}\n` !== headOf(token)) return null;
  const handed = new Set<string>();
  const outcomes = new Map<string, Settlement>();
  for (const line of lines) {
    const [, kind, id, attempt, , json] = /^([hr]) (\d+) (\d+)( (\{.*\}))?$/.exec(line) ?? [];
    if (!kind || (kind === 'r') !== (json !== undefined)) return null;
    const key = `${id} ${attempt}`;
    if (json === undefined) handed.add(key);
    else outcomes.set(key, JSON.parse(json) as Settlement);
  }
  return {
    // A refusal of the envelope has an outcome although nothing was handed over.
    wasHanded: (id, attempt) => handed.has(`${id} ${attempt}`) || outcomes.has(`${id} ${attempt}`),
    outcomeOf: (id, attempt) => outcomes.get(`${id} ${attempt}`) ?? null,
  };
}
