/** Values that are valid for a while. Of two that ask for the same one at the same time, the second gets the first's. */
export class Memory<V> {
  private readonly entries = new Map<string, { value: Promise<V>; until: number }>();

  /** @param most entries; the oldest ones are forgotten first */
  constructor(private readonly most: number) {}

  /** What was rejected is not kept. */
  get(key: string, make: () => Promise<{ value: V; keepMs: number }>): Promise<V> {
    const known = this.entries.get(key);
    if (known && known.until > Date.now()) return known.value;
    const entry = { until: Infinity, value: this.make(key, make) };
    this.entries.delete(key);
    this.entries.set(key, entry);
    if (this.entries.size > this.most) this.entries.delete(this.entries.keys().next().value!);
    return entry.value;
  }

  private async make(key: string, make: () => Promise<{ value: V; keepMs: number }>): Promise<V> {
    try {
      const { value, keepMs } = await make();
      const entry = this.entries.get(key);
      if (entry) entry.until = Date.now() + keepMs;
      return value;
    } catch (error) {
      this.entries.delete(key);
      throw error;
    }
  }
}
