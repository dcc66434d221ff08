import { Table, Tbody, Td, Th, Thead, Tr, Typography } from '@strapi/design-system';
import type { CampaignReport } from '../../../../../shared/contracts';
import { Panel } from '../../../components/Panel';
import { useFormat } from '../../../components/useFormat';
import { useText } from '../../../components/useText';

/** What mail servers answered, most frequent first. */
export function RepliesPanel({ report }: { report: CampaignReport }) {
  const t = useText();
  const format = useFormat();
  if (report.replies.length === 0) return null;
  return (
    <Panel title={t('campaigns.report.replies')}>
      <Table colCount={3} rowCount={report.replies.length + 1}>
        <Thead>
          <Tr>
            <Th>
              <Typography variant="sigma">{t('campaigns.recipients.state')}</Typography>
            </Th>
            <Th>
              <Typography variant="sigma">{t('campaigns.recipients.reply')}</Typography>
            </Th>
            <Th>
              <Typography variant="sigma">{t('campaigns.report.replies.count')}</Typography>
            </Th>
          </Tr>
        </Thead>
        <Tbody>
          {report.replies.map((reply, index) => (
            <Tr key={index}>
              <Td>
                <Typography>{t(`campaigns.delivery.${reply.state}`)}</Typography>
              </Td>
              <Td>
                <Typography style={{ overflowWrap: 'anywhere', whiteSpace: 'normal' }}>
                  {[reply.code, reply.status, reply.text].filter(Boolean).join(' ')}
                </Typography>
              </Td>
              <Td>
                <Typography>{format.number(reply.count)}</Typography>
              </Td>
            </Tr>
          ))}
        </Tbody>
      </Table>
    </Panel>
  );
}
