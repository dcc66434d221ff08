import type { SubscriberBulk, SubscriberDto } from '../../../../shared/contracts';
import { useBulkSubscribersMutation, useInviteSubscriberMutation } from '../../api/subscribers';
import { useFeedback } from '../../components/useFeedback';
import { useText } from '../../components/useText';

export interface SubscriberActions {
  /** True when it was done; what went wrong is already on the screen otherwise. */
  bulk: (request: SubscriberBulk) => Promise<boolean>;
  invite: (person: SubscriberDto) => Promise<boolean>;
  isBusy: boolean;
}

/** What can be done to one or several people, with its outcome as a notification. */
export function useSubscriberActions(): SubscriberActions {
  const t = useText();
  const feedback = useFeedback();
  const [bulkMutation, bulkState] = useBulkSubscribersMutation();
  const [inviteMutation, inviteState] = useInviteSubscriberMutation();

  const report = (result: object, done: string): boolean => {
    if ('error' in result) feedback.failure(result.error);
    else feedback.success(done);
    return !('error' in result);
  };

  return {
    bulk: async (request) => {
      const outcome = await bulkMutation(request);
      const counts = 'error' in outcome ? { changed: 0, skipped: 0 } : outcome.data;
      const done = t(`subscribers.done.${request.action}`, { count: counts.changed });
      return report(
        outcome,
        counts.skipped === 0 ? done : `${done} ${t('subscribers.done.skipped', { count: counts.skipped })}`,
      );
    },
    invite: async (person) =>
      report(await inviteMutation(person.documentId), t('subscribers.done.invite', { email: person.email })),
    isBusy: bulkState.isLoading || inviteState.isLoading,
  };
}

/** Whether a mail with a confirmation link is the way back: the person is not on the list by their own word now. */
export const canInvite = (person: Pick<SubscriberDto, 'status'>): boolean =>
  person.status === 'pending' || person.status === 'unsubscribed';
