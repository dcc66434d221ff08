/**
 * A process that keeps evidence and waits to be killed. `EVIDENCE` is JSON: the project folder, ids to hand over, the id
 * that gets a reply, and how many further hand-overs to try at the end (until the disk is full, in one test).
 * Reports over IPC: the file's name, then what was let go.
 */
import type { Context } from '../../server/src/context';
import { Evidence } from '../../server/src/delivery/evidence';

const { projectDir, handed, replied, further } = JSON.parse(process.env.EVIDENCE!) as {
  projectDir: string;
  handed: number[];
  replied: number | null;
  further: number;
};
const warnings: string[] = [];
const ctx = {
  projectDir,
  config: { worker: { evidence: { enabled: true, folder: 'evidence' } } },
  log: { debug() {}, info() {}, warn: (text: string) => warnings.push(text), error() {} },
} as unknown as Context;

async function main(): Promise<void> {
  const evidence = (await Evidence.begin(ctx))!;
  const hand = (id: number) => new Promise<boolean>((resolve) => evidence.hold(id, 0, resolve));
  const released = await Promise.all(handed.map(hand));
  if (replied !== null) {
    evidence.replied({ deliveryId: replied, attempt: 0, tried: true, state: 'accepted' } as never);
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  }
  for (let n = 0; n < further; n++) released.push(await hand(1000 + n));
  process.send!({ token: evidence.token, released, warnings });
}

void main();
process.on('disconnect', () => process.exit(0));
