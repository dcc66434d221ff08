import type { SettingsInput } from '../../../../shared/contracts';
import { useUpdateSettingsMutation } from '../../api/settings';
import { useFeedback } from '../../components/useFeedback';
import { useText } from '../../components/useText';

/** Saves some sections of the settings; answers whether it worked, and says so in a notification. */
export function useSaveSettings() {
  const t = useText();
  const feedback = useFeedback();
  const [update, { isLoading }] = useUpdateSettingsMutation();
  const save = async (sections: Partial<SettingsInput>): Promise<boolean> => {
    const outcome = await update(sections);
    if ('error' in outcome) feedback.failure(outcome.error);
    else feedback.success(t('settings.saved'));
    return !('error' in outcome);
  };
  return { save, isSaving: isLoading };
}
