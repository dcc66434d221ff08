import { Table, Tbody, Td, Tr, Typography } from '@strapi/design-system';
import type { HygieneActionDto } from '../../../../../shared/contracts';
import { Panel } from '../../../components/Panel';
import { RelativeTime } from '../../../components/RelativeTime';
import { TableHead } from '../../../components/TableHead';
import { TextLink } from '../../../components/TextLink';
import { useText } from '../../../components/useText';
import { BASE_PATH } from '../../../pluginId';

/** Who decided what, and what it came to. */
export function DecisionsPanel({ actions }: { actions: HygieneActionDto[] }) {
  const t = useText();
  const heads = (['what', 'result', 'by', 'when'] as const).map((name) => t(`hygiene.decisions.${name}`));
  return (
    <Panel title={t('hygiene.decisions')}>
      <Table colCount={heads.length} rowCount={actions.length + 1}>
        <TableHead columns={heads} />
        <Tbody>
          {actions.map((action) => (
            <Tr key={action.id}>
              <Td>
                <Typography tag="p" style={{ whiteSpace: 'normal' }}>
                  {t(`hygiene.kind.${action.kind}`)}:{' '}
                  {t(`hygiene.action.${action.action}`, { count: action.confirmed })}
                </Typography>
                {action.target && (
                  <Typography tag="p" variant="pi" style={{ whiteSpace: 'normal' }}>
                    {action.action === 'tag' ? (
                      <TextLink to={`${BASE_PATH}/segments/${action.target.documentId}`}>
                        {action.target.name}
                      </TextLink>
                    ) : (
                      action.target.name
                    )}
                  </Typography>
                )}
              </Td>
              <Td>
                <Typography variant="pi" style={{ whiteSpace: 'normal' }}>
                  {action.endedAt === null
                    ? t('hygiene.state.acting')
                    : t('hygiene.decisions.counts', { changed: action.changed, skipped: action.skipped })}
                </Typography>
              </Td>
              <Td>
                <Typography variant="pi">{action.by ?? t('hygiene.by-itself')}</Typography>
              </Td>
              <Td>
                <Typography variant="pi">
                  <RelativeTime iso={action.at} />
                </Typography>
              </Td>
            </Tr>
          ))}
        </Tbody>
      </Table>
    </Panel>
  );
}
