import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type {
  Audience,
  CampaignContent,
  CampaignDto,
  CampaignPriority,
  Timing,
} from '../../../../../shared/contracts';
import { useUpdateCampaignMutation } from '../../../api/campaigns';
import { createAutosave, type SaveState } from './autosave';

/** What the editor changes; always complete, unlike the patches that are sent. */
export interface DraftValues {
  name: string;
  sender: string | null;
  template: string | null;
  audience: Audience;
  defaultLanguage: string;
  contents: CampaignContent[];
  trackOpens: boolean;
  trackClicks: boolean;
  pacePerHour: number | null;
  priority: CampaignPriority;
  timing: Timing;
}

export interface CampaignDraft {
  values: DraftValues;
  change(patch: Partial<DraftValues>): void;
  saveState: SaveState;
  /** Saves what is still waiting; false when that failed. */
  flush(): Promise<boolean>;
  /** Changes of an earlier visit that never reached the server. */
  leftover: Partial<DraftValues> | null;
  restoreLeftover(): void;
  discardLeftover(): void;
}

const valuesOf = (campaign: CampaignDto): DraftValues => ({
  name: campaign.name,
  sender: campaign.sender,
  template: campaign.template,
  audience: campaign.audience,
  defaultLanguage: campaign.defaultLanguage,
  contents: campaign.contents,
  trackOpens: campaign.trackOpens,
  trackClicks: campaign.trackClicks,
  pacePerHour: campaign.pacePerHour,
  priority: campaign.priority,
  timing: campaign.timing,
});

/** An answer of the server that the same request would get again: not a lost connection, not a fault (5xx). */
const isFinal = (error: unknown): boolean => {
  const status = (error as { status?: unknown } | null)?.status;
  return typeof status === 'number' && status >= 400 && status < 500 && status !== 408 && status !== 429;
};

const backupKey = (id: string) => `newsletter.unsaved.${id}`;

/** Private windows and full disks have no storage: then there is no backup, and saving still works. */
function backup(id: string, patch: Partial<DraftValues> | null): void {
  try {
    if (patch) localStorage.setItem(backupKey(id), JSON.stringify(patch));
    else localStorage.removeItem(backupKey(id));
  } catch {
    return;
  }
}

function readBackup(id: string): Partial<DraftValues> | null {
  try {
    const text = localStorage.getItem(backupKey(id));
    return text === null ? null : (JSON.parse(text) as Partial<DraftValues>);
  } catch {
    return null;
  }
}

/**
 * The values on the screen and their way to the server: saved a moment after the last keystroke, kept and repeated
 * when that fails, backed up in the browser until they are safe. Mount it per campaign (`key`).
 */
export function useCampaignDraft(campaign: CampaignDto, onConflict: () => void): CampaignDraft {
  const id = campaign.documentId;
  const [values, setValues] = useState(() => valuesOf(campaign));
  const [saveState, setSaveState] = useState<SaveState>({ kind: 'saved' });
  const [leftover, setLeftover] = useState(() => readBackup(id));
  const [update] = useUpdateCampaignMutation();
  const conflict = useRef(onConflict);
  conflict.current = onConflict;

  const autosave = useMemo(
    () =>
      createAutosave<Partial<DraftValues>>({
        isFinal,
        onState: setSaveState,
        save: async (data) => {
          const answer = await update({ id, data });
          if (!('error' in answer)) return null;
          if ((answer.error as { status?: number }).status === 409) conflict.current();
          return { error: answer.error };
        },
      }),
    [id, update],
  );

  useEffect(() => {
    if (saveState.kind === 'saved' ? leftover === null : true) backup(id, autosave.unsaved());
    if (saveState.kind === 'saved') return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', warn);
    return () => window.removeEventListener('beforeunload', warn);
  }, [autosave, id, leftover, saveState]);

  useEffect(() => {
    autosave.enable(true);
    return () => {
      autosave.enable(false);
      if (autosave.unsaved()) void autosave.flush().then((done) => done && backup(id, null));
    };
  }, [autosave, id]);

  const change = useCallback(
    (patch: Partial<DraftValues>) => {
      setValues((previous) => ({ ...previous, ...patch }));
      autosave.change(patch);
      backup(id, autosave.unsaved());
    },
    [autosave, id],
  );

  return {
    values,
    change,
    saveState,
    flush: autosave.flush,
    leftover,
    restoreLeftover: () => {
      if (leftover) change(leftover);
      setLeftover(null);
    },
    discardLeftover: () => {
      setLeftover(null);
      backup(id, autosave.unsaved());
    },
  };
}
