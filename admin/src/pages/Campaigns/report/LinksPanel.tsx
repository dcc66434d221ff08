import { Table, Tbody, Td, Th, Thead, Tr, Typography } from '@strapi/design-system';
import type { CampaignReport } from '../../../../../shared/contracts';
import { Panel } from '../../../components/Panel';
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
          <Thead>
            <Tr>
              <Th>
                <Typography variant="sigma">{t('campaigns.report.links.url')}</Typography>
              </Th>
              <Th>
                <Typography variant="sigma">{t('campaigns.report.links.people')}</Typography>
              </Th>
              <Th>
                <Typography variant="sigma">{t('campaigns.report.links.clicks')}</Typography>
              </Th>
            </Tr>
          </Thead>
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
