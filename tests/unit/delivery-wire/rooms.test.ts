import { expect, it } from 'vitest';
import { assembled, composeMail } from '../../../server/src/delivery/mime/compose';
import { plain } from '../../../server/src/delivery/mime/header';
import { takeRoom } from '../../../server/src/delivery/mime/rooms';
import { start } from './transport-bed';

it('gives memory to one at a time, whatever is given back how often', () => {
  const held = new Set<ArrayBufferLike>();
  const taken: { free: () => void; memory: ArrayBufferLike }[] = [];
  const take = (length: number) => {
    const { octets, free } = takeRoom(length);
    expect(octets).toHaveLength(length);
    expect(held.has(octets.buffer)).toBe(false);
    held.add(octets.buffer);
    taken.push({ free, memory: octets.buffer });
  };
  for (let n = 1; n <= 2_000; n++) {
    take(1 + ((n * 7919) % 70_000));
    const at = (n * 31) % taken.length;
    if (n % 3 === 0) continue;
    const [one] = taken.splice(at, 1);
    held.delete(one!.memory);
    one!.free();
    one!.free();
  }
});

it('has the memory of a mail again after it was given back', () => {
  const first = takeRoom(30_000);
  first.free();
  const second = takeRoom(29_000);
  expect(second.octets.buffer).toBe(first.octets.buffer);
  // Who calls a second time, later, must not free what somebody else has by now.
  first.free();
  expect(takeRoom(29_000).octets.buffer).not.toBe(second.octets.buffer);
});

const EXTENSIONS = { 'one by one': [], pipelined: ['PIPELINING'], 'in chunks': ['PIPELINING', 'CHUNKING'] };

it.each(Object.entries(EXTENSIONS))('never mixes mails, %s', async (_, extensions) => {
  const { server, transport } = await start(
    {
      extensions,
      reply: {
        DOT: (count) => {
          if (count % 61 === 0) return { drop: true };
          return count % 7 === 0 ? '451 4.7.1 later' : '250 2.0.0 queued';
        },
      },
    },
    { pool: { maxConnections: 3 } },
  );
  const copies = new Set<string>();
  let freed = 0;
  let accepted = 0;
  let next = 0;
  const sendSome = async () => {
    while (next < 400) {
      const id = next++;
      const line = `mail ${id} of 400 `.repeat(20 + ((id * 37) % 900));
      const text = { fixed: [`${line}\r\n`], values: [] };
      const mail = composeMail([plain('Subject', `no ${id}`)], text, { fixed: [line], values: [] });
      const raw = assembled(mail, '');
      copies.add(raw.toString('latin1'));
      const outcome = await transport.send({
        envelope: { from: 'editor@example.com', to: `reader${id}@example.net` },
        raw,
        free: () => {
          freed += 1;
          mail.free();
        },
      });
      if (outcome.kind === 'accepted') accepted += 1;
    }
  };
  await Promise.all(Array.from({ length: 12 }, sendSome));
  expect(copies.size).toBe(400);
  expect(server.received.length).toBeGreaterThanOrEqual(accepted);
  for (const message of server.received) expect(copies).toContain(message);
  expect(accepted).toBeGreaterThan(300);
  expect(freed).toBe(accepted);
});
