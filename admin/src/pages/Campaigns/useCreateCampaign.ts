import { useCallback } from 'react';
import { useNavigate } from 'react-router-dom';
import type { CampaignInput } from '../../../../shared/contracts';
import { useCreateCampaignMutation, useLazyGetCampaignQuery } from '../../api/campaigns';
import { useFeedback } from '../../components/useFeedback';
import { useFormat } from '../../components/useFormat';
import { useText } from '../../components/useText';
import { BASE_PATH } from '../../pluginId';

/** Creates a draft at once and opens it in the editor; sender, list and template are the server's defaults. */
export function useCreateCampaign(): {
  create: () => Promise<void>;
  duplicate: (id: string) => Promise<void>;
  isCreating: boolean;
} {
  const t = useText();
  const format = useFormat();
  const feedback = useFeedback();
  const navigate = useNavigate();
  const [create, { isLoading }] = useCreateCampaignMutation();
  const [load] = useLazyGetCampaignQuery();

  const open = useCallback(
    async (data: CampaignInput) => {
      const answer = await create(data);
      if ('error' in answer) feedback.failure(answer.error);
      else navigate(`${BASE_PATH}/campaigns/${answer.data.documentId}/content`);
    },
    [create, feedback, navigate],
  );

  return {
    isCreating: isLoading,
    create: () =>
      open({ name: t('campaigns.new.name', { date: format.shortDateTime(new Date().toISOString()) }) }),
    duplicate: async (id) => {
      const answer = await load(id);
      if (!answer.data) return feedback.failure(answer.error);
      const {
        name,
        sender,
        template,
        audience,
        defaultLanguage,
        contents,
        trackOpens,
        trackClicks,
        pacePerHour,
      } = answer.data;
      await open({
        // The copy's name keeps within the limit of 200 characters.
        name: t('campaigns.duplicate.name', { name: name.slice(0, 180) }),
        sender,
        template,
        audience,
        defaultLanguage,
        contents,
        trackOpens,
        trackClicks,
        pacePerHour,
      });
    },
  };
}
