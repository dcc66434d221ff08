/** Unsigned LEB128: small numbers stay short in links. @throws RangeError for what can be no id */
export function varint(value: number): Buffer {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`newsletter: ${value} cannot be an id`);
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push(rest % 0x80 | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}

/** A body that is one id and nothing else. */
export function readId(body: Buffer): number | null {
  const id = readVarint(body, 0);
  return id?.next === body.length ? id.value : null;
}

export function readVarint(buffer: Buffer, at: number): { value: number; next: number } | null {
  let value = 0;
  let factor = 1;
  for (let i = at; i < buffer.length && i < at + 8; i++) {
    const byte = buffer[i]!;
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return Number.isSafeInteger(value) ? { value, next: i + 1 } : null;
    factor *= 0x80;
  }
  return null;
}
