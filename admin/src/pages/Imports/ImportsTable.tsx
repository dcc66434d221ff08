import { Badge, Box, IconButton, Table, Tbody, Td, Tr, Typography } from '@strapi/design-system';
import { Trash } from '@strapi/icons';
import type { ImportDto } from '../../../../shared/contracts';
import { RelativeTime } from '../../components/RelativeTime';
import { TableHead } from '../../components/TableHead';
import { TextLink } from '../../components/TextLink';
import { useFormat } from '../../components/useFormat';
import { useText } from '../../components/useText';
import { BASE_PATH } from '../../pluginId';
import { STATE_TONES } from './words';

interface Props {
  imports: ImportDto[];
  onDelete: (entry: ImportDto) => void;
}

export function ImportsTable({ imports, onDelete }: Props) {
  const t = useText();
  const heads = (['file', 'state', 'result', 'when'] as const).map((name) => t(`imports.column.${name}`));
  return (
    <Table colCount={heads.length + 1} rowCount={imports.length + 1}>
      <TableHead columns={heads} hasActions />
      <Tbody>
        {imports.map((entry) => (
          <ImportRow key={entry.id} entry={entry} onDelete={onDelete} />
        ))}
      </Tbody>
    </Table>
  );
}

function ImportRow({ entry, onDelete }: { entry: ImportDto; onDelete: Props['onDelete'] }) {
  const t = useText();
  return (
    <Tr>
      <Td>
        <Box maxWidth={{ initial: '180px', large: '320px' }} style={{ overflowWrap: 'anywhere' }}>
          <Typography tag="p">
            <TextLink to={`${BASE_PATH}/imports/${entry.id}`}>{entry.fileName}</TextLink>
          </Typography>
          {entry.createdBy !== null && (
            <Typography variant="pi" textColor="neutral600" tag="p">
              {entry.createdBy}
            </Typography>
          )}
        </Box>
      </Td>
      <Td>
        <Badge variant={STATE_TONES[entry.state]}>{t(`imports.state.${entry.state}`)}</Badge>
      </Td>
      <Td>
        <Result entry={entry} />
      </Td>
      <Td>
        <Typography variant="pi">
          <RelativeTime iso={entry.endedAt ?? entry.startedAt ?? entry.createdAt} />
        </Typography>
      </Td>
      <Td>
        {entry.state !== 'running' && (
          <IconButton label={t('imports.delete', { name: entry.fileName })} onClick={() => onDelete(entry)}>
            <Trash />
          </IconButton>
        )}
      </Td>
    </Tr>
  );
}

function Result({ entry }: { entry: ImportDto }) {
  const t = useText();
  const format = useFormat();
  if (entry.state === 'mapping') return <Typography textColor="neutral600">–</Typography>;
  const { created, updated, invalid } = entry.counts;
  return (
    <Typography variant="pi" style={{ whiteSpace: 'normal' }}>
      {entry.state === 'running'
        ? t('imports.result.running', {
            percent: format.percent(entry.progress, 1),
            count: entry.counts.rows,
          })
        : t('imports.result', { created, updated, invalid })}
    </Typography>
  );
}
