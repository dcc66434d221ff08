export type SaveState =
  | { kind: 'saved' }
  /** Typed, not yet on its way. */
  | { kind: 'waiting' }
  | { kind: 'saving' }
  /** Nothing is lost: the change is kept and tried again, at the latest with the next keystroke. */
  | { kind: 'failed'; error: unknown };

export interface Autosave<P extends object> {
  /** Keeps the keys of a patch for the next save; later values win. */
  change(patch: P): void;
  /** Saves at once. True when everything is saved afterwards. */
  flush(): Promise<boolean>;
  /** What is not saved yet, in flight or waiting; null when everything is. */
  unsaved(): P | null;
  /** Off: no timer saves or retries any more (`flush` still does). On from the start. */
  enable(on: boolean): void;
}

/** The keys of both; the newer ones win. */
function merge<P extends object>(older: P, newer: P | null): P;
function merge<P extends object>(older: P | null, newer: P): P;
function merge<P extends object>(older: P | null, newer: P | null): P {
  return Object.assign({}, older, newer);
}

/**
 * Saves patches one after the other, never two at once, some time after the last change.
 *
 * @param options.save stores one patch; gives null, or what went wrong, which keeps the patch
 * @param options.isFinal an error that the same request would meet again: not repeated until something changes
 * @param options.onState called at each change of state
 */
export function createAutosave<P extends object>(options: {
  save: (patch: P) => Promise<{ error: unknown } | null>;
  isFinal: (error: unknown) => boolean;
  onState: (state: SaveState) => void;
  delayMs?: number;
  retryMs?: number;
}): Autosave<P> {
  const { save, isFinal, onState, delayMs = 800, retryMs = 3000 } = options;
  let pending: P | null = null;
  let inFlight: P | null = null;
  let running: Promise<boolean> | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let enabled = true;

  const later = (ms: number) => {
    clearTimeout(timer);
    if (enabled) timer = setTimeout(() => void run(), ms);
  };

  const run = (): Promise<boolean> => {
    clearTimeout(timer);
    running ??= drain().finally(() => {
      running = null;
    });
    return running;
  };

  const drain = async (): Promise<boolean> => {
    while (pending) {
      inFlight = pending;
      pending = null;
      onState({ kind: 'saving' });
      const failure = await save(inFlight);
      const patch: P = inFlight;
      inFlight = null;
      if (failure) {
        pending = merge(patch, pending);
        failures += 1;
        onState({ kind: 'failed', error: failure.error });
        if (!isFinal(failure.error)) later(Math.min(60_000, retryMs * 2 ** (failures - 1)));
        return false;
      }
      failures = 0;
    }
    onState({ kind: 'saved' });
    return true;
  };

  return {
    change(patch) {
      pending = merge(pending, patch);
      if (!running) onState({ kind: 'waiting' });
      later(delayMs);
    },
    flush: async () => {
      if (running) await running;
      return pending ? run() : true;
    },
    unsaved: () => (inFlight ? merge(inFlight, pending) : pending),
    enable(on) {
      enabled = on;
      if (!on) clearTimeout(timer);
      else if (pending) later(delayMs);
    },
  };
}
