import type { PreflightItem } from '../../../shared/contracts';

export type CampaignErrorCode =
  | 'not-found'
  | 'wrong-state'
  | 'already-ended'
  | 'already-begun'
  | 'too-early'
  | 'changed-meanwhile'
  | 'bad-contents'
  | 'preflight'
  | 'timing'
  | 'bad-time'
  | 'time-does-not-exist'
  | 'time-past'
  | 'time-too-far';

/** Something an editor asked of a campaign that cannot be; the message is the sentence that they read. */
export class CampaignError extends Error {
  override readonly name = 'CampaignError';

  constructor(
    readonly code: CampaignErrorCode,
    readonly status: 400 | 404 | 409,
    message: string,
    /** What preflight found, with the code `preflight`. */
    readonly items?: PreflightItem[],
  ) {
    super(message);
  }
}

export const campaignNotFound = (id: string): CampaignError =>
  new CampaignError('not-found', 404, `There is no campaign with the id "${id}". It may have been deleted.`);
