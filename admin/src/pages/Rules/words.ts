import type { FiringDto, RuleFields } from '../../../../shared/contracts';
import type { Text } from '../../components/useText';

/** Steps in which a delay is shown, largest first: minutes of one step. */
export const DELAY_UNITS = { days: 1440, hours: 60, minutes: 1 } as const;
export type DelayUnit = keyof typeof DELAY_UNITS;

/** 90 → 90 minutes, 120 → 2 hours: the largest unit in which the delay is a whole number. */
export function splitDelay(minutes: number): { count: number; unit: DelayUnit } {
  const unit = (Object.keys(DELAY_UNITS) as DelayUnit[]).find((one) => minutes % DELAY_UNITS[one] === 0)!;
  return { count: minutes / DELAY_UNITS[unit], unit };
}

/** What happens when an entry is published, as one line. */
export function actionText(t: Text, rule: Pick<RuleFields, 'action' | 'delayMinutes'>): string {
  if (rule.action !== 'schedule') return t(`rules.action.${rule.action}.short`);
  const { count, unit } = splitDelay(rule.delayMinutes);
  return t(`rules.action.schedule.short.${unit}`, { count });
}

export type FiringTone = 'neutral' | 'secondary' | 'primary' | 'warning' | 'success' | 'danger';

/** What came of a firing, in one or two words: the campaign's state once there is a campaign. */
export function firingWord(t: Text, firing: FiringDto): { text: string; tone: FiringTone } {
  if (firing.state === 'done' && firing.campaign) {
    const { state } = firing.campaign;
    const tones = {
      draft: 'neutral',
      scheduled: 'secondary',
      sending: 'primary',
      paused: 'warning',
      sent: 'success',
      cancelled: 'danger',
    } as const;
    return { text: t(`campaigns.state.${state}`), tone: tones[state] };
  }
  const tones = {
    pending: 'neutral',
    done: 'neutral',
    held: 'warning',
    failed: 'danger',
    cancelled: 'neutral',
    superseded: 'neutral',
  } as const;
  return { text: t(`rules.firing.${firing.state}`), tone: tones[firing.state] };
}

/** The time that matters about a firing: when it is or was sent, or else when the entry was published. */
export function firingTime(firing: FiringDto): { kind: 'sends' | 'sent' | 'fired'; iso: string } {
  const { campaign } = firing;
  if (campaign?.state === 'scheduled' && campaign.scheduledAt)
    return { kind: 'sends', iso: campaign.scheduledAt };
  if (campaign?.startedAt) return { kind: 'sent', iso: campaign.startedAt };
  return { kind: 'fired', iso: firing.createdAt };
}
