import { open, type FileHandle } from 'node:fs/promises';

/** What the table of contents of a ZIP file says of one entry. */
export interface ZipEntry {
  name: string;
  /** Bytes when unpacked. */
  size: number;
}

/**
 * The table of contents at the end of a ZIP file (APPNOTE 6.3.10, §4.3.12 and §4.3.16), without unpacking anything:
 * the sizes in it tell a bomb from a workbook. The reader that unpacks refuses entries that are larger than they say.
 * @returns null when it is no ZIP file (or one of more than 4 GiB)
 */
export async function zipEntries(path: string): Promise<ZipEntry[] | null> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const tail = await bytes(file, Math.max(0, size - 65_557), size);
    const end = tail.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
    if (end === -1 || end + 22 > tail.length) return null;
    const length = tail.readUInt32LE(end + 12);
    const start = tail.readUInt32LE(end + 16);
    if (start + length > size || start === 0xffffffff) return null;
    return entriesOf(await bytes(file, start, start + length));
  } finally {
    await file.close();
  }
}

function entriesOf(directory: Buffer): ZipEntry[] | null {
  const entries: ZipEntry[] = [];
  let at = 0;
  while (at + 46 <= directory.length) {
    if (directory.toString('latin1', at, at + 4) !== 'PK\x01\x02') return null;
    const nameLength = directory.readUInt16LE(at + 28);
    entries.push({
      name: directory.toString('utf8', at + 46, at + 46 + nameLength),
      size: directory.readUInt32LE(at + 24),
    });
    at += 46 + nameLength + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return entries;
}

async function bytes(file: FileHandle, from: number, to: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(to - from), 0, to - from, from);
  return buffer.subarray(0, bytesRead);
}
