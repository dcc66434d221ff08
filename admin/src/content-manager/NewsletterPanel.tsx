import { Box, Button, Flex, Typography } from '@strapi/design-system';
import type { PanelComponent } from '@strapi/content-manager/strapi-admin';
import type { EntryNewslettersDto, FiringDto } from '../../../shared/contracts';
import { useUnscheduleCampaignMutation } from '../api/campaigns';
import { useGetEntryNewslettersQuery } from '../api/rules';
import { RelativeTime } from '../components/RelativeTime';
import { TextLink } from '../components/TextLink';
import { useFeedback } from '../components/useFeedback';
import { useText } from '../components/useText';
import { FiringActions } from '../pages/Rules/FiringActions';
import { ToneBadge } from '../pages/Rules/ToneBadge';
import { actionText, firingTime, firingWord } from '../pages/Rules/words';
import { useCan } from '../permissions';
import { BASE_PATH } from '../pluginId';
import { useRefetchWhen } from './useRefetchWhen';

/** Content types of the project; those of plugins (our own among them) never become newsletters by hand. */
const isProjects = (uid: string) => uid.startsWith('api::');
const SHOWN = 3;

/**
 * The box "Newsletter" beside an entry: what was or will be sent of it, locale by locale. Nothing for content types
 * without a rule and entries without a history, and for people who may not read rules.
 */
export const NewsletterPanel: PanelComponent = ({ model, documentId, document, collectionType }) => {
  const t = useText();
  const { can } = useCan();
  const isSaved = document !== undefined && documentId !== undefined && documentId !== 'create';
  const { data } = useGetEntryNewslettersQuery(
    { uid: model, documentId: documentId ?? '' },
    {
      skip: !can.rulesRead || !isSaved || collectionType !== 'collection-types' || !isProjects(model),
      refetchOnMountOrArgChange: true,
    },
  );
  // Publishing and unpublishing change the answer, and the entry's own status tells of them.
  const version = `${String(document?.status)} ${String(document?.publishedAt)} ${String(document?.updatedAt)}`;
  if (!data || (data.rules.length === 0 && data.locales.every(({ firings }) => firings.length === 0)))
    return null;
  return {
    title: t('rules.panel.title'),
    content: <EntryNewsletters model={model} documentId={documentId!} version={version} />,
  };
};

function EntryNewsletters({
  model,
  documentId,
  version,
}: {
  model: string;
  documentId: string;
  version: string;
}) {
  const t = useText();
  const query = { uid: model, documentId };
  const { data, refetch } = useGetEntryNewslettersQuery(query);
  useRefetchWhen(version, refetch);
  const moves = data?.locales.some(({ firings }) => firings.some(isMoving)) ?? false;
  useGetEntryNewslettersQuery(query, { pollingInterval: moves ? 3000 : 0 });
  if (!data) return null;
  const shown = data.locales.filter(({ firings, next }) => firings.length > 0 || next.length > 0);
  return (
    <Flex direction="column" alignItems="stretch" gap={4} width="100%">
      {shown.length === 0 && (
        <Typography variant="pi" textColor="neutral600">
          {t(data.rules.some(({ enabled }) => enabled) ? 'rules.panel.nothing' : 'rules.panel.rules-off')}
        </Typography>
      )}
      {shown.map((entry) => (
        <LocaleNewsletters key={entry.locale ?? ''} entry={entry} />
      ))}
    </Flex>
  );
}

const isMoving = ({ state, campaign }: FiringDto) => state === 'pending' || campaign?.state === 'sending';

function LocaleNewsletters({ entry }: { entry: EntryNewslettersDto['locales'][number] }) {
  const t = useText();
  return (
    <Flex direction="column" alignItems="stretch" gap={2}>
      {entry.locale !== null && (
        <Typography variant="sigma" textColor="neutral600">
          {entry.locale}
        </Typography>
      )}
      {entry.firings.slice(0, SHOWN).map((firing) => (
        <Firing key={firing.id} firing={firing} />
      ))}
      {entry.firings.length > SHOWN && (
        <Typography variant="pi">
          <TextLink to={`${BASE_PATH}/rules/activity`}>
            {t('rules.panel.more', { count: entry.firings.length - SHOWN })}
          </TextLink>
        </Typography>
      )}
      {entry.next.map((rule) => (
        <Typography key={rule.documentId} variant="pi" textColor="neutral600">
          {t(entry.published ? 'rules.panel.next-again' : 'rules.panel.next', {
            what: actionText(t, rule),
            name: rule.name,
          })}
        </Typography>
      ))}
    </Flex>
  );
}

function Firing({ firing }: { firing: FiringDto }) {
  const t = useText();
  const { can } = useCan();
  const word = firingWord(t, firing);
  const time = firingTime(firing);
  return (
    <Box background="neutral100" hasRadius padding={3}>
      <Flex direction="column" alignItems="flex-start" gap={2}>
        <Flex gap={2} wrap="wrap">
          <ToneBadge tone={word.tone}>{word.text}</ToneBadge>
          <Typography variant="pi" textColor="neutral600">
            {t(`rules.when.${time.kind}`)} <RelativeTime iso={time.iso} />
          </Typography>
        </Flex>
        {firing.message !== null && <Typography variant="pi">{firing.message}</Typography>}
        {firing.campaign && can.campaignsRead && (
          <Typography variant="pi">
            <TextLink to={`${BASE_PATH}/campaigns/${firing.campaign.documentId}`}>
              {firing.campaign.name}
            </TextLink>
          </Typography>
        )}
        {firing.campaign?.state === 'scheduled' && can.campaignsSend && (
          <BackToDraft campaign={firing.campaign.documentId} />
        )}
        <FiringActions firing={firing} />
      </Flex>
    </Box>
  );
}

function BackToDraft({ campaign }: { campaign: string }) {
  const t = useText();
  const feedback = useFeedback();
  const [unschedule, { isLoading }] = useUnscheduleCampaignMutation();
  const stop = async () => {
    const outcome = await unschedule(campaign);
    if ('error' in outcome) return feedback.failure(outcome.error);
    feedback.success(t('rules.done.unschedule'));
  };
  return (
    <Button size="S" variant="danger-light" loading={isLoading} onClick={() => void stop()}>
      {t('rules.panel.unschedule')}
    </Button>
  );
}
