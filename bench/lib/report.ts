/** One line of the result. */
export function report(name: string, value: number, unit: string): void {
  console.log(`bench ${name} value=${value.toFixed(value < 10 ? 2 : 0)} unit=${unit}`);
}

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
