import { createSocket } from 'node:dgram';

/** What a name has; a name that is not there does not exist (NXDOMAIN). */
export interface Records {
  mx?: readonly (readonly [preference: number, host: string])[];
  a?: readonly string[];
  aaaa?: readonly string[];
  txt?: readonly string[];
  ptr?: readonly string[];
  /** The server answers SERVFAIL. */
  fails?: true;
}

export interface DnsServer {
  /** For `setServers`: address and port. */
  server: string;
  /** Changed by tests at will. */
  zone: Record<string, Records>;
  /** Questions in the order of their arrival: `MX example.com`. */
  readonly asked: string[];
  close(): Promise<void>;
}

const TYPES: Record<number, 'A' | 'PTR' | 'MX' | 'TXT' | 'AAAA'> = {
  1: 'A',
  12: 'PTR',
  15: 'MX',
  16: 'TXT',
  28: 'AAAA',
};
const TTL = 60;

/** A real DNS server on loopback (UDP, RFC 1035) with a zone of the test's own. */
export async function startDnsServer(zone: Record<string, Records>): Promise<DnsServer> {
  const socket = createSocket('udp4');
  const asked: string[] = [];
  socket.on('message', (query, from) => {
    const { name, end } = readName(query, 12);
    const type = query.readUInt16BE(end);
    asked.push(`${TYPES[type] ?? type} ${name}`);
    const records = zone[name];
    const answers = records && !records.fails ? answersOf(records, type) : [];
    const header = Buffer.alloc(12);
    query.copy(header, 0, 0, 2);
    // Answer, authoritative, recursion desired and available; with the error code.
    header.writeUInt16BE(0x8580 | (records?.fails ? 2 : records ? 0 : 3), 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(answers.length, 6);
    const question = query.subarray(12, end + 4);
    socket.send(Buffer.concat([header, question, ...answers]), from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return {
    server: `127.0.0.1:${socket.address().port}`,
    zone,
    asked,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

function answersOf(records: Records, type: number): Buffer[] {
  const number = (value: number) => Buffer.from([value >> 8, value & 255]);
  const data: Buffer[] = [];
  if (type === 1)
    for (const address of records.a ?? []) data.push(Buffer.from(address.split('.').map(Number)));
  if (type === 28) for (const address of records.aaaa ?? []) data.push(ipv6(address));
  if (type === 12) for (const name of records.ptr ?? []) data.push(writeName(name));
  if (type === 15)
    for (const [preference, host] of records.mx ?? [])
      data.push(Buffer.concat([number(preference), writeName(host)]));
  if (type === 16)
    for (const text of records.txt ?? []) {
      const pieces = text.match(/.{1,255}/gs) ?? [''];
      data.push(Buffer.concat(pieces.map((piece) => Buffer.from([piece.length, ...Buffer.from(piece)]))));
    }
  const ttl = Buffer.alloc(4);
  ttl.writeUInt32BE(TTL);
  return data.map((rdata) =>
    Buffer.concat([Buffer.from([0xc0, 12]), number(type), number(1), ttl, number(rdata.length), rdata]),
  );
}

function ipv6(address: string): Buffer {
  const [head = '', tail = ''] = address.split('::');
  const left = head ? head.split(':') : [];
  const right = tail ? tail.split(':') : [];
  const groups = address.includes('::')
    ? [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right]
    : left;
  return Buffer.from(groups.flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 255]));
}

function writeName(name: string): Buffer {
  const labels = name.split('.').filter(Boolean);
  return Buffer.concat([
    ...labels.map((label) => Buffer.from([label.length, ...Buffer.from(label)])),
    Buffer.from([0]),
  ]);
}

function readName(packet: Buffer, at: number): { name: string; end: number } {
  const labels: string[] = [];
  while (packet[at]! > 0) {
    labels.push(packet.toString('latin1', at + 1, at + 1 + packet[at]!).toLowerCase());
    at += 1 + packet[at]!;
  }
  return { name: labels.join('.'), end: at + 1 };
}
