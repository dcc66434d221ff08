import { useEffect } from 'react';
import { WarningCircle } from '@strapi/icons';
import { useBlocker } from 'react-router-dom';
import { ConfirmAction } from './ConfirmAction';
import { useText } from './useText';

/** Asks before changes are lost, inside the panel and when the tab is closed. */
export function UnsavedGuard({ isDirty }: { isDirty: boolean }) {
  const t = useText();
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) => isDirty && currentLocation.pathname !== nextLocation.pathname,
  );
  useEffect(() => {
    if (!isDirty) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }, [isDirty]);
  if (blocker.state !== 'blocked') return null;
  return (
    <ConfirmAction
      open
      onOpenChange={(open) => !open && blocker.reset()}
      title={t('audience.unsaved.title')}
      confirmLabel={t('audience.unsaved.leave')}
      icon={<WarningCircle />}
      onConfirm={() => {
        blocker.proceed();
        return Promise.resolve(false);
      }}
    >
      {t('audience.unsaved')}
    </ConfirmAction>
  );
}
