import type { HygieneKind, HygieneState } from '../../../../../shared/contracts';

/** In the order of the report; the sunset rule's are apart. */
export const CHECK_KINDS = [
  'no-mx',
  'syntax',
  'typo',
  'disposable',
  'role',
  'duplicate',
  'dns-unknown',
] as const satisfies readonly HygieneKind[];

export const SUNSET_KINDS = [
  'inactive',
  'inactive-due',
  'inactive-back',
] as const satisfies readonly HygieneKind[];

export const STATE_TONES: Record<HygieneState, 'primary' | 'success' | 'danger' | 'neutral'> = {
  running: 'primary',
  acting: 'primary',
  done: 'success',
  failed: 'danger',
  cancelled: 'neutral',
};

export const isBusy = (state: HygieneState): boolean => state === 'running' || state === 'acting';
