import { Table, Tbody, Td, Tr, Typography } from '@strapi/design-system';
import type { CampaignReport } from '../../../../../shared/contracts';
import { Panel } from '../../../components/Panel';
import { TableHead } from '../../../components/TableHead';
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
        <TableHead
          columns={[
            t('campaigns.recipients.state'),
            t('campaigns.recipients.reply'),
            t('campaigns.report.replies.count'),
          ]}
        />
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
