import { Flex, Table, Tbody, Td, Tr, Typography } from '@strapi/design-system';
import { Widget } from '@strapi/strapi/admin';
import { useGetOverviewQuery } from '../api/overview';
import { CampaignStateBadge } from '../components/CampaignStateBadge';
import { TextLink } from '../components/TextLink';
import { useFormat } from '../components/useFormat';
import { useText } from '../components/useText';
import { useCan } from '../permissions';
import { BASE_PATH } from '../pluginId';

/** On Strapi's homepage: how the list grows, and the last campaigns. */
export default function NewsletterWidget() {
  const t = useText();
  const format = useFormat();
  const { can } = useCan();
  const { data, error, isLoading } = useGetOverviewQuery(undefined, { refetchOnMountOrArgChange: true });
  if (isLoading) return <Widget.Loading>{t('common.loading')}</Widget.Loading>;
  if (error || !data) return <Widget.Error>{t('native.widget.error')}</Widget.Error>;
  const { joined, left } = data.growth;
  return (
    <Flex direction="column" alignItems="stretch" gap={3} width="100%">
      <Typography textColor="neutral800">
        {t('native.widget.growth', {
          subscribed: format.number(data.subscribers.subscribed ?? 0),
          joined: format.number(joined),
          left: format.number(left),
        })}
      </Typography>
      {data.recent.length === 0 ? (
        <Typography textColor="neutral600">{t('campaigns.none')}</Typography>
      ) : (
        <Table colCount={3} rowCount={data.recent.length}>
          <Tbody>
            {data.recent.map(({ documentId, name, state, counts }) => (
              <Tr key={documentId}>
                <Td>
                  <Typography textColor="neutral800" ellipsis>
                    {can.campaignsRead ? (
                      <TextLink to={`${BASE_PATH}/campaigns/${documentId}`}>{name}</TextLink>
                    ) : (
                      name
                    )}
                  </Typography>
                </Td>
                <Td>
                  <CampaignStateBadge state={state} />
                </Td>
                <Td>
                  <Typography textColor="neutral600">
                    {counts.candidates > 0 &&
                      t('native.widget.accepted', {
                        accepted: format.number(counts.accepted),
                        candidates: format.number(counts.candidates),
                      })}
                  </Typography>
                </Td>
              </Tr>
            ))}
          </Tbody>
        </Table>
      )}
    </Flex>
  );
}
