/** Work that a process does beside everything else, one look at a time, until it is stopped. */
export interface Background {
  /** Looks now instead of when it is time. */
  nudge(): void;
  /** Ends after what is being written; another process, or the next start, goes on behind it. */
  stop(): Promise<void>;
}

/**
 * @param options.look looks once for something to do, and does it; asks `isStopping` between two steps
 * @param options.failed told what a look threw; the next one comes anyway
 */
export function startBackground({
  look,
  lookMs,
  failed,
}: {
  look: (isStopping: () => boolean) => Promise<void>;
  lookMs: number;
  failed: (error: Error) => void;
}): Background {
  let isStopping = false;
  let timer: NodeJS.Timeout | null = null;
  let running: Promise<void> | null = null;
  let isNudged = false;

  const schedule = (ms: number) => {
    if (timer) clearTimeout(timer);
    if (!isStopping) timer = setTimeout(run, ms);
  };
  const run = () => {
    if (running || isStopping) return;
    isNudged = false;
    running = look(() => isStopping)
      .catch(failed)
      .finally(() => {
        running = null;
        schedule(isNudged ? 0 : lookMs);
      });
  };
  schedule(0);
  return {
    nudge() {
      isNudged = true;
      if (!running) schedule(0);
    },
    async stop() {
      isStopping = true;
      if (timer) clearTimeout(timer);
      await running;
    },
  };
}

/** knex puts the statement with all its values, addresses among them, in front of what the database said. */
export function databaseSentence(error: Error): string {
  return error.message.slice(error.message.lastIndexOf(' - ') + 1).slice(0, 300);
}
