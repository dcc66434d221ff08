import { Box, Flex, LinkButton, Typography } from '@strapi/design-system';
import { CheckCircle, WarningCircle } from '@strapi/icons';
import { Link } from 'react-router-dom';
import type { OverviewDto } from '../../../../shared/contracts';
import type { ActionName } from '../../../../shared/contracts/permissions';
import { Panel } from '../../components/Panel';
import { stateReason } from '../../components/stateReason';
import { useText, type Text } from '../../components/useText';
import { useCan } from '../../permissions';
import { BASE_PATH } from '../../pluginId';
import { en, type TextKey } from '../../translations';

type Item = OverviewDto['attention'][number];

/** In the panel's language; the server's English sentence for one that we have no text for. */
function attentionText(item: Item, t: Text): string {
  const key = `overview.attention.${item.id}`;
  if (!(key in en)) return item.message;
  const { values, cause = null } = item;
  const reason = cause && stateReason({ stateReason: String(values.reason), stateCause: cause }, t);
  return t(key as TextKey, reason === null ? values : { ...values, reason });
}

/** Where something can be done about it. */
function placeOf({ id, campaign }: Item): { to: string; text: TextKey; right: ActionName } {
  if (campaign) {
    const to = `${BASE_PATH}/campaigns/${campaign}`;
    return { to, text: 'overview.attention.open-campaign', right: 'campaignsRead' };
  }
  if (id === 'feedback-held') {
    const to = `${BASE_PATH}/deliverability/feedback?result=held`;
    return { to, text: 'overview.attention.open-deliverability', right: 'deliverabilityRead' };
  }
  return id.startsWith('publishing-')
    ? { to: `${BASE_PATH}/rules/activity`, text: 'overview.attention.open-publishing', right: 'rulesRead' }
    : {
        to: '/settings/newsletter/delivery',
        text: 'overview.attention.open-delivery',
        right: 'settingsRead',
      };
}

/** What somebody should look at, each with one action if the person may do it. @param isFirst nothing to say is not worth a box then */
export function AttentionPanel({ items, isFirst }: { items: Item[]; isFirst: boolean }) {
  const t = useText();
  const { can } = useCan();
  if (items.length === 0 && isFirst) return null;
  return (
    <Panel title={t('overview.attention')}>
      {items.length === 0 ? (
        <Flex gap={2}>
          <CheckCircle fill="success600" aria-hidden />
          <Typography>{t('overview.attention.none')}</Typography>
        </Flex>
      ) : (
        <Flex tag="ul" direction="column" alignItems="stretch" gap={3}>
          {items.map((item, index) => (
            <Flex tag="li" key={`${item.id}-${index}`} gap={3} justifyContent="space-between" wrap="wrap">
              <Flex gap={2} alignItems="start" flex="1" minWidth="240px">
                <Box paddingTop={1}>
                  <WarningCircle fill="warning600" aria-hidden />
                </Box>
                <Typography>{attentionText(item, t)}</Typography>
              </Flex>
              {can[placeOf(item).right] && (
                <LinkButton size="S" variant="secondary" tag={Link} to={placeOf(item).to}>
                  {t(placeOf(item).text)}
                </LinkButton>
              )}
            </Flex>
          ))}
        </Flex>
      )}
    </Panel>
  );
}
