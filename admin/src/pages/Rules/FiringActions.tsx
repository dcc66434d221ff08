import { Button, Flex } from '@strapi/design-system';
import type { FiringDto } from '../../../../shared/contracts';
import { useDismissFiringMutation, useReleaseFiringMutation } from '../../api/rules';
import { useFeedback } from '../../components/useFeedback';
import { useText } from '../../components/useText';
import { useCan } from '../../permissions';

/** Release and Dismiss, where a person decides: on what is held, and on what failed before there was a campaign. */
export function FiringActions({ firing }: { firing: FiringDto }) {
  const t = useText();
  const { can } = useCan();
  const feedback = useFeedback();
  const [release, releasing] = useReleaseFiringMutation();
  const [dismiss, dismissing] = useDismissFiringMutation();
  const canRelease = firing.state === 'held' || (firing.state === 'failed' && firing.campaign === null);
  const canDismiss = firing.state === 'held' || firing.state === 'failed';
  if (!can.rulesEdit || !canDismiss) return null;

  const doRelease = async () => {
    const outcome = await release(firing.id);
    if ('error' in outcome) return feedback.failure(outcome.error);
    const { state, message } = outcome.data;
    if (state === 'failed') return feedback.failure({ message: message ?? t('rules.firing.failed') });
    feedback.success(t('rules.done.release', { title: firing.title }));
  };
  const doDismiss = async () => {
    const outcome = await dismiss(firing.id);
    if ('error' in outcome) return feedback.failure(outcome.error);
    feedback.success(t('rules.done.dismiss', { title: firing.title }));
  };
  return (
    <Flex gap={2} wrap="wrap">
      {canRelease && (
        <Button size="S" loading={releasing.isLoading} onClick={() => void doRelease()}>
          {t(firing.state === 'held' ? 'rules.release' : 'rules.try-again')}
        </Button>
      )}
      <Button size="S" variant="tertiary" loading={dismissing.isLoading} onClick={() => void doDismiss()}>
        {t('rules.dismiss')}
      </Button>
    </Flex>
  );
}
