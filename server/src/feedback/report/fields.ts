import { decodeWords } from './charset';

/** A block of header fields is not read further than this. */
const MAX_BLOCK = 256 * 1024;
const MAX_FIELDS = 1000;
const MAX_VALUE = 8 * 1024;
const NAME = /^([!-9;-~]{1,76})[ \t]{0,8}:/;

/** Header fields in their order; names in lower case, values unfolded and decoded on request. */
export class Fields {
  private readonly entries: { name: string; value: string }[] = [];

  add(name: string, value: string): void {
    this.entries.push({ name: name.toLowerCase(), value });
  }
  /** Value of the first field of this name. */
  get(name: string): string | undefined {
    const found = this.entries.find((entry) => entry.name === name);
    return found && decodeWords(found.value);
  }
  all(name: string): string[] {
    return this.entries.filter((entry) => entry.name === name).map((entry) => decodeWords(entry.value));
  }
  has(name: string): boolean {
    return this.entries.some((entry) => entry.name === name);
  }
  names(): string[] {
    return this.entries.map((entry) => entry.name);
  }
  get size(): number {
    return this.entries.length;
  }
}

/**
 * Reads header fields up to the first empty line. Lines that are none are passed over, as some gateways add them.
 * @param text line ends are LF
 * @returns the fields, and where the body begins
 */
export function readFields(text: string, from = 0): { fields: Fields; end: number } {
  const fields = new Fields();
  const last = Math.min(text.length, from + MAX_BLOCK);
  let at = from;
  let name: string | null = null;
  let value = '';
  const flush = () => {
    if (name !== null && fields.size < MAX_FIELDS) fields.add(name, value.trim());
    name = null;
  };
  while (at < last) {
    const newline = text.indexOf('\n', at);
    const stop = newline < 0 ? text.length : newline;
    const line = text.slice(at, Math.min(stop, at + MAX_VALUE)).trimEnd();
    at = stop + 1;
    if (line === '') break;
    const found = NAME.exec(line);
    if (/^[ \t]/.test(line)) {
      if (name !== null && value.length < MAX_VALUE) value += ` ${line.trim()}`;
    } else if (!found && value.endsWith(';')) {
      // a folded line that lost its indentation
      value += ` ${line.trim()}`;
    } else if (found) {
      flush();
      name = found[1]!;
      value = line.slice(found[0].length);
    } else flush();
  }
  flush();
  return { fields, end: Math.min(at, text.length) };
}

/** `text/plain; charset="utf-8"` as its value and parameters, both in lower case but for the parameters' values. */
export function readParameters(value: string | undefined): { value: string; params: Map<string, string> } {
  const text = (value ?? '').slice(0, 2000);
  const params = new Map<string, string>();
  for (const match of text.matchAll(
    /;\s{0,20}([\w-]{1,40})(?:\*\d{0,2}\*?)?\s{0,20}=\s{0,20}("[^"]{0,500}"|[^\s;"]{1,500})/g,
  )) {
    const name = match[1]!.toLowerCase();
    if (!params.has(name)) params.set(name, match[2]!.replace(/^"|"$/g, ''));
  }
  return { value: text.split(/[;\s]/, 1)[0]!.toLowerCase(), params };
}
