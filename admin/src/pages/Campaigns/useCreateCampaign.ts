import { useNavigate } from 'react-router-dom';
import type { CampaignDto } from '../../../../shared/contracts';
import { useCreateCampaignMutation, useDuplicateCampaignMutation } from '../../api/campaigns';
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
  const [duplicate] = useDuplicateCampaignMutation();

  const open = ({ data, error }: { data?: CampaignDto; error?: unknown }) => {
    if (data) navigate(`${BASE_PATH}/campaigns/${data.documentId}/content`);
    else feedback.failure(error);
  };

  return {
    isCreating: isLoading,
    create: async () =>
      open(
        await create({
          name: t('campaigns.new.name', { date: format.shortDateTime(new Date().toISOString()) }),
        }),
      ),
    duplicate: async (id) => open(await duplicate(id)),
  };
}
