import { Flex, IconButton, Link, Table, Tbody, Td, Tr, Typography } from '@strapi/design-system';
import { Duplicate, Pencil, Trash, WarningCircle } from '@strapi/icons';
import { NavLink } from 'react-router-dom';
import type { SegmentDto } from '../../../../shared/contracts';
import { errorSentence } from '../../api/client';
import { useGetSegmentCountQuery } from '../../api/segments';
import { RelativeTime } from '../../components/RelativeTime';
import { TableHead } from '../../components/TableHead';
import { useFormat } from '../../components/useFormat';
import { useText } from '../../components/useText';
import type { Can } from '../../permissions';
import { BASE_PATH } from '../../pluginId';

interface Props {
  segments: SegmentDto[];
  can: Can;
  onDuplicate: (segment: SegmentDto) => void;
  onDelete: (segment: SegmentDto) => void;
}

export function SegmentsTable({ segments, can, onDuplicate, onDelete }: Props) {
  const t = useText();
  const heads = [
    t('segments.field.name'),
    t('segments.column.people'),
    t('segments.column.reachable'),
    t('segments.column.changed'),
  ];
  return (
    <Table colCount={heads.length + 1} rowCount={segments.length + 1}>
      <TableHead columns={heads} hasActions />
      <Tbody>
        {segments.map((segment) => (
          <SegmentRow
            key={segment.documentId}
            segment={segment}
            can={can}
            onDuplicate={onDuplicate}
            onDelete={onDelete}
          />
        ))}
      </Tbody>
    </Table>
  );
}

function SegmentRow({
  segment,
  can,
  onDuplicate,
  onDelete,
}: { segment: SegmentDto } & Omit<Props, 'segments'>) {
  const t = useText();
  const { name, documentId, description, problems } = segment;
  const to = `${BASE_PATH}/segments/${documentId}`;
  return (
    <Tr>
      <Td>
        <Flex direction="column" alignItems="flex-start" gap={1} paddingTop={3} paddingBottom={3}>
          <Flex gap={2}>
            <Link tag={NavLink} to={to}>
              {name}
            </Link>
            {problems.length > 0 && <WarningCircle fill="warning600" aria-label={t('segments.problems')} />}
          </Flex>
          {description !== null && (
            <Typography variant="pi" textColor="neutral600" ellipsis>
              {description}
            </Typography>
          )}
        </Flex>
      </Td>
      <Counts segment={segment} isLink={can.subscribersRead} />
      <Td>
        <RelativeTime iso={segment.updatedAt} />
      </Td>
      <Td>
        <Flex gap={1} justifyContent="flex-end">
          {can.segmentsEdit && (
            <>
              <IconButton tag={NavLink} to={to} variant="ghost" label={t('segments.edit', { name })}>
                <Pencil />
              </IconButton>
              <IconButton
                variant="ghost"
                label={t('segments.duplicate', { name })}
                disabled={segment.rules === null}
                onClick={() => onDuplicate(segment)}
              >
                <Duplicate />
              </IconButton>
              <IconButton
                variant="ghost"
                label={t('segments.delete', { name })}
                onClick={() => onDelete(segment)}
              >
                <Trash />
              </IconButton>
            </>
          )}
        </Flex>
      </Td>
    </Tr>
  );
}

/** Counted row by row, the server does two at a time; a segment that takes too long says so and holds up no other. */
function Counts({ segment, isLink }: { segment: SegmentDto; isLink: boolean }) {
  const t = useText();
  const format = useFormat();
  const { name, documentId, rules } = segment;
  const { data, error } = useGetSegmentCountQuery(documentId, {
    skip: rules === null,
    refetchOnMountOrArgChange: true,
  });
  if (data === undefined) {
    const waiting = error === undefined && rules !== null ? '…' : '–';
    return (
      <>
        <Td>
          <Typography textColor="neutral600" title={errorSentence(error) ?? undefined}>
            {waiting}
          </Typography>
        </Td>
        <Td>
          <Typography textColor="neutral600">{waiting}</Typography>
        </Td>
      </>
    );
  }
  const text = format.number(data.matched);
  return (
    <>
      <Td>
        {isLink && data.matched > 0 ? (
          <Link
            tag={NavLink}
            to={`${BASE_PATH}/subscribers?segment=${documentId}`}
            aria-label={t('segments.show-people.of', { name, count: data.matched })}
          >
            {text}
          </Link>
        ) : (
          <Typography textColor="neutral800">{text}</Typography>
        )}
      </Td>
      <Td>
        <Typography textColor="neutral800">{format.number(data.reachable)}</Typography>
      </Td>
    </>
  );
}
