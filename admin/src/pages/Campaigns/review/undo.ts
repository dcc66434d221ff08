/** How long "Send now" can be taken back; the server starts no earlier. */
export const UNDO_SECONDS = 30;

const deadlines = new Map<string, number>();

/** Remembers by this computer's clock until when a campaign that was just sent can be taken back. */
export const startUndo = (campaignId: string, now = Date.now()): void => {
  deadlines.set(campaignId, now + UNDO_SECONDS * 1000);
};

export const endUndo = (campaignId: string): void => {
  deadlines.delete(campaignId);
};

/**
 * Until when (ms) the countdown runs: what `startUndo` noted; after a reload the scheduled time, when it is less than
 * a minute away. Null: no countdown.
 */
export function undoDeadline(
  campaignId: string,
  scheduledAt: string | null,
  now = Date.now(),
): number | null {
  const noted = deadlines.get(campaignId);
  if (noted !== undefined) return noted;
  if (scheduledAt === null) return null;
  const at = new Date(scheduledAt).getTime();
  return at - now < 60_000 ? at : null;
}
