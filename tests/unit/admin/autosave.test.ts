import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createAutosave, type SaveState } from '../../../admin/src/pages/Campaigns/editor/autosave';

interface Patch {
  name?: string;
  subject?: string;
}

function setUp(save: (patch: Patch) => Promise<{ error: unknown } | null>) {
  const states: SaveState['kind'][] = [];
  const autosave = createAutosave<Patch>({
    save,
    isFinal: (error) => (error as { status?: number }).status === 400,
    onState: (state) => states.push(state.kind),
    delayMs: 800,
    retryMs: 3000,
  });
  return { autosave, states };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('autosave', () => {
  it('sends one patch with the last value of each key, some time after the last change', async () => {
    const saved: Patch[] = [];
    const { autosave, states } = setUp(async (patch) => (saved.push(patch), null));
    autosave.change({ name: 'A' });
    await vi.advanceTimersByTimeAsync(500);
    autosave.change({ name: 'AB', subject: 'S' });
    await vi.advanceTimersByTimeAsync(500);
    expect(saved).toEqual([]);
    await vi.advanceTimersByTimeAsync(400);
    expect(saved).toEqual([{ name: 'AB', subject: 'S' }]);
    expect(states.at(-1)).toBe('saved');
    expect(autosave.unsaved()).toBeNull();
  });

  it('never saves twice at once, and saves what was typed meanwhile afterwards', async () => {
    const saved: Patch[] = [];
    let finish = (_done: null) => {};
    const { autosave } = setUp((patch) => {
      saved.push(patch);
      return new Promise((resolve) => (finish = resolve));
    });
    autosave.change({ name: 'A' });
    await vi.advanceTimersByTimeAsync(800);
    autosave.change({ name: 'AB' });
    await vi.advanceTimersByTimeAsync(5000);
    expect(saved).toEqual([{ name: 'A' }]);
    finish(null);
    await vi.advanceTimersByTimeAsync(0);
    expect(saved).toEqual([{ name: 'A' }, { name: 'AB' }]);
  });

  it('keeps a patch that could not be saved, under what was typed since, and repeats it by itself', async () => {
    const saved: Patch[] = [];
    let online = false;
    const { autosave, states } = setUp(async (patch) => {
      if (!online) return { error: new Error('offline') };
      saved.push(patch);
      return null;
    });
    autosave.change({ name: 'A', subject: 'S' });
    await vi.advanceTimersByTimeAsync(800);
    expect(states.at(-1)).toBe('failed');
    autosave.change({ name: 'AB' });
    expect(autosave.unsaved()).toEqual({ name: 'AB', subject: 'S' });
    await vi.advanceTimersByTimeAsync(800);
    online = true;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(saved).toEqual([{ name: 'AB', subject: 'S' }]);
    expect(states.at(-1)).toBe('saved');
  });

  it('does not repeat what the server would refuse again, until something changes', async () => {
    let tries = 0;
    const { autosave } = setUp(async () => {
      tries += 1;
      return { error: { status: 400, message: 'name must not be empty' } };
    });
    autosave.change({ name: '' });
    await vi.advanceTimersByTimeAsync(100_000);
    expect(tries).toBe(1);
    autosave.change({ name: 'A' });
    await vi.advanceTimersByTimeAsync(800);
    expect(tries).toBe(2);
  });

  it('flush saves at once and tells whether everything is safe', async () => {
    let fail = true;
    const { autosave } = setUp(async () => (fail ? { error: new Error('offline') } : null));
    expect(await autosave.flush()).toBe(true);
    autosave.change({ name: 'A' });
    expect(await autosave.flush()).toBe(false);
    fail = false;
    expect(await autosave.flush()).toBe(true);
    expect(autosave.unsaved()).toBeNull();
  });
});
