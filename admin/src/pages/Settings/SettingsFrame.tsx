import type { ReactNode } from 'react';
import { Layouts, Page } from '@strapi/strapi/admin';
import type { Settings } from '../../../../shared/contracts';
import { useGetSettingsQuery } from '../../api/settings';
import { ErrorState } from '../../components/ErrorState';
import { useText } from '../../components/useText';
import { permissionsFor, useCan } from '../../permissions';
import type { TextKey } from '../../translations';

interface ProtectedProps {
  title: TextKey;
  children: ReactNode;
}

/** Permission check and document title of a settings page. */
export function ProtectedSettings({ title, children }: ProtectedProps) {
  const t = useText();
  return (
    <Page.Protect permissions={permissionsFor('settingsRead')}>
      <Page.Title>{t(title)}</Page.Title>
      {children}
    </Page.Protect>
  );
}

interface FrameProps {
  title: TextKey;
  subtitle: TextKey;
  /** Gets the settings as the server has them, and whether the person may change them. */
  children: (settings: Settings, mayEdit: boolean) => ReactNode;
}

/** A settings page: its heading, and its content once the settings are there. */
export function SettingsFrame({ title, subtitle, children }: FrameProps) {
  const t = useText();
  const { can, isLoading: isCanLoading } = useCan();
  const { data, error, isLoading, refetch } = useGetSettingsQuery();
  return (
    <Page.Main>
      <Layouts.Header title={t(title)} subtitle={t(subtitle)} />
      <Layouts.Content>
        {isLoading || isCanLoading ? (
          <Page.Loading />
        ) : data === undefined ? (
          <ErrorState error={error} onRetry={() => void refetch()} />
        ) : (
          children(data, can.settingsEdit)
        )}
      </Layouts.Content>
    </Page.Main>
  );
}
