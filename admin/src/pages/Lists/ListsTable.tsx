import { Badge, Flex, IconButton, Link, Table, Tbody, Td, Tr, Typography } from '@strapi/design-system';
import { Pencil, Trash } from '@strapi/icons';
import { NavLink } from 'react-router-dom';
import type { ListDto } from '../../../../shared/contracts';
import { TableHead } from '../../components/TableHead';
import { useFormat } from '../../components/useFormat';
import { useText } from '../../components/useText';
import type { Can } from '../../permissions';
import { BASE_PATH } from '../../pluginId';

interface Props {
  lists: ListDto[];
  can: Can;
  onEdit: (list: ListDto) => void;
  onDelete: (list: ListDto) => void;
}

const COUNTS = ['subscribed', 'pending', 'unsubscribed'] as const;

export function ListsTable({ lists, can, onEdit, onDelete }: Props) {
  const t = useText();
  const heads = [t('lists.field.name'), ...COUNTS.map((status) => t(`subscribers.status.${status}`))];
  return (
    <Table colCount={heads.length + 1} rowCount={lists.length + 1}>
      <TableHead columns={heads} hasActions />
      <Tbody>
        {lists.map((list) => (
          <ListRow key={list.documentId} list={list} can={can} onEdit={onEdit} onDelete={onDelete} />
        ))}
      </Tbody>
    </Table>
  );
}

function ListRow({ list, can, onEdit, onDelete }: { list: ListDto } & Omit<Props, 'lists'>) {
  const t = useText();
  const format = useFormat();
  return (
    <Tr>
      <Td>
        <Flex direction="column" alignItems="flex-start" gap={1} paddingTop={3} paddingBottom={3}>
          <Flex gap={2} wrap="wrap">
            <Typography fontWeight="semiBold" textColor="neutral800">
              {list.name}
            </Typography>
            {list.isDefault && <Badge variant="primary">{t('lists.default')}</Badge>}
            {!list.public && <Badge>{t('lists.private')}</Badge>}
          </Flex>
          <Typography variant="pi" textColor="neutral600">
            {list.slug} · {t(`lists.opt-in.${list.optIn}`)}
          </Typography>
        </Flex>
      </Td>
      {COUNTS.map((status) => (
        <Td key={status}>
          <Count
            list={list}
            status={status}
            isLink={can.subscribersRead}
            text={format.number(list.counts[status])}
          />
        </Td>
      ))}
      <Td>
        {can.listsEdit && (
          <Flex gap={1} justifyContent="flex-end">
            <IconButton
              variant="ghost"
              label={t('lists.edit', { name: list.name })}
              onClick={() => onEdit(list)}
            >
              <Pencil />
            </IconButton>
            <IconButton
              variant="ghost"
              label={t('lists.delete', { name: list.name })}
              onClick={() => onDelete(list)}
            >
              <Trash />
            </IconButton>
          </Flex>
        )}
      </Td>
    </Tr>
  );
}

interface CountProps {
  list: ListDto;
  status: (typeof COUNTS)[number];
  isLink: boolean;
  text: string;
}

/** Leads to the people, those who left this list included, whatever else they get. */
function Count({ list, status, isLink, text }: CountProps) {
  const t = useText();
  if (!isLink || list.counts[status] === 0) return <Typography textColor="neutral800">{text}</Typography>;
  return (
    <Link
      tag={NavLink}
      to={`${BASE_PATH}/subscribers?list=${list.documentId}&status=${status}`}
      aria-label={t('lists.show-people', {
        status: t(`subscribers.status.${status}`),
        name: list.name,
        count: text,
      })}
    >
      {text}
    </Link>
  );
}
