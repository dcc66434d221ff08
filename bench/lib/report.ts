/** One line of the result. */
export function report(name: string, value: number, unit: string): void {
  console.log(`bench ${name} value=${rounded(value)} unit=${unit}`);
}

/** The same for what is compared with something. */
export function reportRatio(name: string, ours: number, base: number): void {
  console.log(`bench ${name} ours=${rounded(ours)} base=${rounded(base)} ratio=${rounded(ours / base)}`);
}

const rounded = (value: number): string =>
  value.toFixed(value < 1 ? 3 : value < 10 ? 2 : value < 100 ? 1 : 0);

/** The one in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

/** Watches the resident memory of this process. Needs `--expose-gc`. */
export function watchMemory(): { grownMib(): number } {
  (globalThis as { gc?: () => void }).gc?.();
  const before = process.memoryUsage.rss();
  let peak = before;
  setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 20).unref();
  return { grownMib: () => (Math.max(peak, process.memoryUsage.rss()) - before) / 2 ** 20 };
}
