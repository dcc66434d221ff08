import type { CampaignState } from '../../../shared/contracts';

/** Every allowed change of a campaign's state. Nothing else writes the column, save `mend.ts` after an import. */
export const MOVES = {
  schedule: { from: ['draft'], to: 'scheduled' },
  unschedule: { from: ['scheduled'], to: 'draft' },
  start: { from: ['scheduled'], to: 'sending' },
  pause: { from: ['sending'], to: 'paused' },
  resume: { from: ['paused'], to: 'sending' },
  finish: { from: ['sending'], to: 'sent' },
  reopen: { from: ['sent'], to: 'sending' },
  cancel: { from: ['scheduled', 'sending', 'paused'], to: 'cancelled' },
} as const satisfies Record<string, { from: readonly CampaignState[]; to: CampaignState }>;

export type Move = keyof typeof MOVES;

export function isAllowed(move: Move, state: CampaignState): boolean {
  return (MOVES[move].from as readonly CampaignState[]).includes(state);
}

const STATE_WORDS: Record<CampaignState, string> = {
  draft: 'is a draft',
  scheduled: 'is scheduled',
  sending: 'is being sent',
  paused: 'is paused',
  sent: 'has been sent',
  cancelled: 'has been cancelled',
};

const MOVE_WORDS: Record<Move, string> = {
  schedule: 'Only a draft can be scheduled.',
  unschedule: 'Only a scheduled campaign can go back to draft.',
  start: 'Only a scheduled campaign can start.',
  pause: 'Only a campaign that is being sent can be paused.',
  resume: 'Only a paused campaign can be resumed.',
  finish: 'Only a campaign that is being sent can be finished.',
  reopen: 'Only of one that has been sent, or is being sent, something can be sent again.',
  cancel: 'Only a campaign that is scheduled, being sent or paused can be cancelled.',
};

/** Sentence for a person who asked for a move that the state does not allow. */
export function refusal(move: Move, state: CampaignState): string {
  return `This campaign ${STATE_WORDS[state]}. ${MOVE_WORDS[move]}`;
}
