import { useState } from 'react';
import { ProgressBar, Typography } from '@strapi/design-system';
import type { FeedbackDecision } from '../../../../../shared/contracts';
import { useDecideFeedbackMutation } from '../../../api/deliverability';
import { ConfirmAction } from '../../../components/ConfirmAction';
import { useFeedback } from '../../../components/useFeedback';
import { useText } from '../../../components/useText';

export interface Decision {
  action: 'release' | 'discard';
  data: FeedbackDecision;
  /** How many it is about. */
  count: number;
}

/** Says what a decision means and carries it out; the server does a thousand at a time. */
export function DecideDialog({ decision, onClose }: { decision: Decision; onClose: () => void }) {
  const t = useText();
  const feedback = useFeedback();
  const [decide] = useDecideFeedbackMutation();
  const [done, setDone] = useState(0);
  const { action, data, count } = decision;
  const confirm = async () => {
    for (let sum = 0; ; ) {
      const outcome = await decide({ action, data });
      if ('error' in outcome) {
        feedback.failure(outcome.error);
        return true;
      }
      sum += outcome.data.done;
      setDone(sum);
      if (outcome.data.left === 0 || outcome.data.done === 0) break;
    }
    feedback.success(t(`deliverability.feedback.${action}.done`));
    return true;
  };
  return (
    <ConfirmAction
      open
      onOpenChange={(open) => !open && onClose()}
      title={t(`deliverability.feedback.${action}`, { count })}
      confirmLabel={t(`deliverability.feedback.${action}`, { count })}
      variant={action === 'release' ? 'danger' : 'default'}
      onConfirm={confirm}
    >
      <Typography textAlign="center">{t(`deliverability.feedback.${action}.text`, { count })}</Typography>
      {done > 0 && done < count && (
        <ProgressBar value={Math.round((100 * done) / count)} aria-label={t('common.loading')} />
      )}
    </ConfirmAction>
  );
}
