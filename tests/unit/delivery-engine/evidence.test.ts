import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Context } from '../../../server/src/context';
import { Evidence } from '../../../server/src/delivery/evidence';
import {
  bootId,
  headOf,
  parseEvidence,
  readEvidence,
  removeOld,
} from '../../../server/src/delivery/evidence-folder';
import type { Settlement } from '../../../server/src/delivery/ticker';

let projectDir: string;
let folder: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  projectDir = mkdtempSync(path.join(tmpdir(), `newsletter-evidence-${'long-'.repeat(20)}`));
  folder = path.join(projectDir, 'evidence');
});
afterEach(async () => {
  for (const child of children.splice(0)) await kill(child);
  rmSync(projectDir, { recursive: true, force: true });
});

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

const reply = (deliveryId: number, text = 'ok') =>
  ({ deliveryId, attempt: 0, tried: true, state: 'accepted', replyText: text }) as Settlement;

function contextWith(warnings: string[] = [], evidence = { enabled: true, folder: 'evidence' }): Context {
  const log = { debug() {}, info() {}, warn: (text: string) => warnings.push(text), error() {} };
  return { projectDir, config: { worker: { evidence } }, log } as unknown as Context;
}

interface Report {
  token: string;
  released: boolean[];
  warnings: string[];
}

/** @param blocks size that its files may have, in the shell's blocks; what is beyond fails as on a full disk */
async function startWitness(
  what: { handed: number[]; replied?: number; further?: number },
  blocks?: number,
): Promise<{ child: ChildProcess; report: Report }> {
  const script = path.join(import.meta.dirname, '../../helpers/evidence-process.ts');
  const limit = blocks === undefined ? '' : `trap "" XFSZ; ulimit -f ${blocks}; `;
  const child = spawn('sh', ['-c', `${limit}exec "$0" --import tsx "$1"`, process.execPath, script], {
    env: {
      ...process.env,
      TSX_DISABLE_CACHE: '1',
      EVIDENCE: JSON.stringify({ projectDir, replied: null, further: 0, ...what }),
    },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  children.push(child);
  const [report] = (await once(child, 'message')) as [Report];
  return { child, report };
}

describe.skipIf(bootId() === null)('evidence of what was handed over', () => {
  it('tells after a SIGKILL what left and what was replied, and nothing while the process lives or is frozen', async () => {
    const { child, report } = await startWitness({ handed: [1, 2], replied: 2 });
    expect(report.released).toEqual([true, true]);
    expect(await readEvidence(folder, report.token)).toBe('none');
    child.kill('SIGSTOP');
    expect(await readEvidence(folder, report.token)).toBe('none');
    await kill(child);
    const found = await readEvidence(folder, report.token);
    if (typeof found === 'string') throw new Error(found);
    expect([1, 2, 3].map((id) => found.wasHanded(id, 0))).toEqual([true, true, false]);
    expect(found.wasHanded(1, 1)).toBe(false);
    expect(found.outcomeOf(1, 0)).toBeNull();
    expect(found.outcomeOf(2, 0)).toMatchObject({ deliveryId: 2, state: 'accepted' });
    expect(await readEvidence(folder, 'never-seen')).toBe('elsewhere');
    expect(await readEvidence(path.join(folder, 'nowhere'), report.token)).toBe('elsewhere');
  });

  it('makes itself void when the disk is full, and lets everything go', async () => {
    const { child, report } = await startWitness({ handed: [1], further: 500 }, 4);
    expect(report.released).toHaveLength(501);
    expect(new Set(report.released)).toEqual(new Set([true]));
    expect(report.warnings).toHaveLength(1);
    expect(report.warnings[0]).toMatch(/cannot be written any more: EFBIG.*Sending goes on/);
    expect(statSync(path.join(folder, `${report.token}.log`)).size).toBe(0);
    await kill(child);
    expect(await readEvidence(folder, report.token)).toBe('none');
  });

  it('is off with a warning where its folder cannot be made', async () => {
    writeFileSync(folder, 'a file');
    const warnings: string[] = [];
    expect(await Evidence.begin(contextWith(warnings))).toBeNull();
    expect(warnings.join()).toMatch(/cannot be used: .*Sending goes on/);
    expect(await Evidence.begin(contextWith([], { enabled: false, folder: 'x' }))).toBeNull();
  });

  it('stays small, and keeps what is open; goes when the epoch has ended', async () => {
    const evidence = (await Evidence.begin(contextWith()))!;
    const file = path.join(folder, `${evidence.token}.log`);
    const hand = (id: number) => new Promise<boolean>((resolve) => evidence.hold(id, 0, resolve));
    expect(await hand(7)).toBe(true);
    evidence.replied(reply(8));
    let highest = 0;
    for (let id = 100; id < 16_000; id += 100) {
      for (let n = id; n < id + 100; n++) evidence.replied(reply(n, 'x'.repeat(400)));
      expect(await hand(id)).toBe(true);
      evidence.settled(Array.from({ length: 100 }, (_, n) => id + n));
      highest = Math.max(highest, statSync(file).size);
    }
    expect(highest).toBeGreaterThan(4_000_000);
    expect(highest).toBeLessThan(5_000_000);
    const found = parseEvidence(readFileSync(file, 'utf8'), evidence.token)!;
    expect([found.wasHanded(7, 0), found.outcomeOf(8, 0)?.state, found.wasHanded(100, 0)]).toEqual([
      true,
      'accepted',
      false,
    ]);
    await evidence.end();
    expect(readdirSync(folder)).toEqual([]);
    // What is still on its way when the epoch is over is in doubt in the tables already.
    expect(await hand(9)).toBe(true);
  });

  it('lets a message go only when that is in the file', async () => {
    const evidence = (await Evidence.begin(contextWith()))!;
    const file = path.join(folder, `${evidence.token}.log`);
    const seen: string[] = [];
    await Promise.all(
      [1, 2].map(
        (id) =>
          new Promise<void>((resolve) => {
            evidence.hold(id, 3, () => {
              seen.push(readFileSync(file, 'utf8'));
              resolve();
            });
            seen.push('asked');
          }),
      ),
    );
    const whole = `${headOf(evidence.token)}h 1 3\nh 2 3\n`;
    expect(seen).toEqual(['asked', 'asked', whole, whole]);
    await evidence.end();
  });

  it('takes away what nobody asked for in a day, and nothing of the living', async () => {
    const { child, report } = await startWitness({ handed: [1] });
    await kill(child);
    const living = (await Evidence.begin(contextWith()))!;
    const { utimesSync } = await import('node:fs');
    const old = new Date(Date.now() - 25 * 3_600_000);
    const touch = (token: string) => {
      for (const end of ['.log', '.lock']) utimesSync(path.join(folder, token + end), old, old);
    };
    touch(living.token);
    await removeOld(folder);
    expect(readdirSync(folder)).toHaveLength(4);
    touch(report.token);
    await removeOld(folder);
    expect(readdirSync(folder).sort()).toEqual([`${living.token}.lock`, `${living.token}.log`]);
    await living.end();
  });

  it('proves nothing when it is of another start of the system, of another epoch, or damaged', () => {
    const head = headOf('t');
    const line = 'h 5 0\n';
    const reads = (text: string, token = 't') => parseEvidence(text, token)?.wasHanded(5, 0) ?? null;
    expect(reads(head + line)).toBe(true);
    expect(reads(head)).toBe(false);
    // The last write came through in part only: its message was still waiting.
    expect(reads(`${head}h 5 0`)).toBe(false);
    expect(reads(`${head}r 5 0 {"deliv`)).toBe(false);
    expect(reads(head + line, 'other')).toBeNull();
    expect(reads('newsletter-evidence 1 t 00000000-0000-0000-0000-000000000000\n' + line)).toBeNull();
    expect(reads('')).toBeNull();
    expect(reads(line)).toBeNull();
    expect(reads(`${head}h 5\n${line}`)).toBeNull();
    expect(reads(`${head}\0\0\0\n${line}`)).toBeNull();
    expect(reads(`${head}h 1 0 {}\n${line}`)).toBeNull();
  });
});
