import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** `silent` never answers; names that are not in the zone do not exist. `mx`: hosts, '' for a null MX. */
export type Zone = Record<string, 'servfail' | 'silent' | { mx?: string[]; a?: string[] }>;

export interface DnsServer {
  /** As `Resolver.setServers` takes it. */
  address: string;
  /** Questions so far, as `MX example.org`. */
  asked: string[];
  zone: Zone;
  close(): Promise<void>;
}

const TYPES: Record<number, string> = { 1: 'A', 15: 'MX', 28: 'AAAA' };

/** A name server on loopback (RFC 1035, UDP). */
export async function startDns(zone: Zone): Promise<DnsServer> {
  const socket = createSocket('udp4');
  const server: DnsServer = {
    address: '',
    asked: [],
    zone,
    async close() {
      socket.close();
      await once(socket, 'close');
    },
  };
  socket.on('message', (question, from) => {
    const answer = reply(question, server);
    if (answer) socket.send(answer, from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  server.address = `127.0.0.1:${socket.address().port}`;
  return server;
}

function reply(question: Buffer, { zone, asked }: DnsServer): Buffer | null {
  const { name, end } = readName(question, 12);
  const type = TYPES[question.readUInt16BE(end)] ?? '?';
  asked.push(`${type} ${name}`);
  const known = zone[name];
  if (known === 'silent') return null;
  const records = typeof known === 'object' ? recordsOf(known, type) : [];
  const code = known === 'servfail' ? 2 : known === undefined ? 3 : 0;
  const head = Buffer.alloc(12);
  question.copy(head, 0, 0, 2);
  head.writeUInt16BE(0x8580 | code, 2); // response, authoritative, recursion desired and available
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(records.length, 6);
  return Buffer.concat([head, question.subarray(12, end + 4), ...records]);
}

function recordsOf({ mx = [], a = [] }: { mx?: string[]; a?: string[] }, type: string): Buffer[] {
  if (type === 'MX')
    return mx.map((host, nth) => record(15, Buffer.concat([Buffer.from([0, nth]), writeName(host)])));
  return type === 'A' ? a.map((ip) => record(1, Buffer.from(ip.split('.').map(Number)))) : [];
}

/** The name of the question, by a pointer; class IN, 60 seconds. */
function record(type: number, data: Buffer): Buffer {
  const head = Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, data.length]);
  return Buffer.concat([head, data]);
}

function readName(packet: Buffer, start: number): { name: string; end: number } {
  const labels: string[] = [];
  let at = start;
  for (let length = packet[at]!; length > 0; length = packet[at]!) {
    labels.push(packet.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 };
}

function writeName(name: string): Buffer {
  const labels = name.split('.').filter(Boolean);
  const parts = labels.flatMap((label) => [Buffer.from([label.length]), Buffer.from(label, 'latin1')]);
  return Buffer.concat([...parts, Buffer.from([0])]);
}
