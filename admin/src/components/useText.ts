import { useCallback } from 'react';
import { useIntl, type PrimitiveType } from 'react-intl';
import { PLUGIN_ID } from '../pluginId';
import { en, type TextKey } from '../translations';

export type Text = (key: TextKey, values?: Record<string, PrimitiveType>) => string;

/** `t('campaigns.title')`: a text of ours in the panel's language, in English where a locale lacks it. */
export function useText(): Text {
  const { formatMessage } = useIntl();
  return useCallback(
    (key, values) => formatMessage({ id: `${PLUGIN_ID}.${key}`, defaultMessage: en[key] }, values),
    [formatMessage],
  );
}
