import { Table, Tbody, Td, Tr, Typography } from '@strapi/design-system';
import type { CampaignReport } from '../../../../../shared/contracts';
import { Panel } from '../../../components/Panel';
import { TableHead } from '../../../components/TableHead';
import { useFormat } from '../../../components/useFormat';
import { useText } from '../../../components/useText';

/** Clicks per link. */
export function LinksPanel({ links }: { links: CampaignReport['links'] }) {
  const t = useText();
  const format = useFormat();
  return (
    <Panel title={t('campaigns.report.links')}>
      {links.length === 0 ? (
        <Typography textColor="neutral600">{t('campaigns.report.links.none')}</Typography>
      ) : (
        <Table colCount={3} rowCount={links.length + 1}>
          <TableHead
            columns={(['url', 'people', 'clicks'] as const).map((column) =>
              t(`campaigns.report.links.${column}`),
            )}
          />
          <Tbody>
            {links.map((link) => (
              <Tr key={link.id}>
                <Td>
                  <Typography style={{ overflowWrap: 'anywhere', whiteSpace: 'normal' }}>
                    {link.url}
                  </Typography>
                </Td>
                <Td>
                  <Typography>{format.number(link.people)}</Typography>
                </Td>
                <Td>
                  <Typography>{format.number(link.clicks)}</Typography>
                </Td>
              </Tr>
            ))}
          </Tbody>
        </Table>
      )}
    </Panel>
  );
}
