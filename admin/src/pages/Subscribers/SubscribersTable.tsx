import { Badge, Button, Flex, Link, Th, Typography, VisuallyHidden } from '@strapi/design-system';
import { Table, useIsDesktop } from '@strapi/strapi/admin';
import { NavLink } from 'react-router-dom';
import type { SubscriberDto } from '../../../../shared/contracts';
import { LiveMessage } from '../../components/LiveMessage';
import { RelativeTime } from '../../components/RelativeTime';
import { useText } from '../../components/useText';
import type { Can } from '../../permissions';
import { BASE_PATH } from '../../pluginId';
import { PersonMenu, type PersonAction } from './PersonMenu';
import { StatusBadge, SuppressedBadge } from './StatusBadge';
import type { StatusTab } from './StatusTabs';
import { hasLeft } from './useSubscriberQuery';
import { endOf, WayOut } from './WayOut';

export type TableAction = PersonAction | 'add-to-list' | 'remove-from-list';

interface Props {
  rows: SubscriberDto[];
  tab: StatusTab;
  /** documentId of the list that is looked at. */
  list: string | undefined;
  can: Can;
  /** documentIds */
  selected: string[];
  onSelect: (ids: string[]) => void;
  onAction: (action: TableAction, people: SubscriberDto[]) => void;
}

/** Strapi's table names a row by `id` to screen readers ("Select …"): the address says more than a documentId. */
interface Row {
  id: string;
  person: SubscriberDto;
}

export function SubscribersTable({ rows, tab, list, can, selected, onSelect, onAction }: Props) {
  const t = useText();
  const showsLeavers = hasLeft(tab);
  // On a narrow window the row menu matters more; the lists are on the person's page.
  const showsLists = useIsDesktop() && !showsLeavers;
  const table: Row[] = rows.map((person) => ({ id: person.email, person }));
  const chosen = table.filter((row) => selected.includes(row.person.documentId));
  const headers = showsLeavers
    ? [
        { name: 'email', label: t('subscribers.field.email'), sortable: true },
        { name: 'way', label: t('subscribers.column.way') },
        { name: 'statusChangedAt', label: t('subscribers.column.since') },
      ]
    : [
        { name: 'email', label: t('subscribers.field.email'), sortable: true },
        { name: 'status', label: t('subscribers.column.status') },
        ...(showsLists ? [{ name: 'lists', label: t('subscribers.field.lists') }] : []),
        { name: 'createdAt', label: t('subscribers.column.added'), sortable: true },
      ];
  const hasBulk = can.subscribersEdit || can.subscribersDelete;

  return (
    <Table.Root
      rows={table}
      headers={headers}
      selectedRows={chosen}
      onSelectedRowsChange={(next: Row[]) => onSelect(next.map((row) => row.person.documentId))}
    >
      {chosen.length > 0 && (
        <Flex gap={3} paddingBottom={4} wrap="wrap">
          <Typography textColor="neutral600">
            {t('subscribers.selected', { count: chosen.length })}
          </Typography>
          <BulkButtons can={can} people={chosen.map((row) => row.person)} onAction={onAction} />
        </Flex>
      )}
      <LiveMessage>
        {chosen.length > 0 ? t('subscribers.selected', { count: chosen.length }) : ''}
      </LiveMessage>
      <Table.Content>
        <Table.Head>
          {hasBulk && <Table.HeaderCheckboxCell />}
          {headers.map((header) => (
            <Table.HeaderCell key={header.name} {...header} />
          ))}
          <Th>
            <VisuallyHidden>{t('common.actions')}</VisuallyHidden>
          </Th>
        </Table.Head>
        <Table.Body>
          {table.map(({ id, person }) => (
            <Table.Row key={person.documentId}>
              {hasBulk && <Table.CheckboxCell id={id} />}
              <Table.Cell>
                <Person person={person} />
              </Table.Cell>
              <Table.Cell>
                <Flex direction="column" alignItems="flex-start" gap={1}>
                  {!showsLeavers && <StatusBadge status={person.status} />}
                  {!hasLeft(person.status) && <SuppressedBadge person={person} />}
                  <WayOut person={person} list={showsLeavers ? list : undefined} />
                </Flex>
              </Table.Cell>
              {showsLists && (
                <Table.Cell>
                  <Lists person={person} />
                </Table.Cell>
              )}
              <Table.Cell>
                <Typography textColor="neutral800">
                  <RelativeTime iso={(showsLeavers ? leftAt(person, list) : null) ?? person.createdAt} />
                </Typography>
              </Table.Cell>
              <Table.Cell>
                <Flex justifyContent="flex-end">
                  <PersonMenu
                    person={person}
                    can={can}
                    openTo={`${BASE_PATH}/subscribers/${person.documentId}`}
                    onAction={(action) => onAction(action, [person])}
                  />
                </Flex>
              </Table.Cell>
            </Table.Row>
          ))}
        </Table.Body>
      </Table.Content>
    </Table.Root>
  );
}

const leftAt = (person: SubscriberDto, list: string | undefined): string | null =>
  (hasLeft(person.status) ? null : endOf(person, list)?.at) ?? person.statusChangedAt;

function Person({ person }: { person: SubscriberDto }) {
  const name = [person.firstName, person.lastName].filter(Boolean).join(' ');
  return (
    <Flex direction="column" alignItems="flex-start" minWidth="18rem" maxWidth="32rem">
      <Link tag={NavLink} to={`${BASE_PATH}/subscribers/${person.documentId}`}>
        <span style={{ overflowWrap: 'anywhere', whiteSpace: 'normal' }}>{person.email}</span>
      </Link>
      {name !== '' && (
        <Typography variant="pi" textColor="neutral600" ellipsis>
          {name}
        </Typography>
      )}
    </Flex>
  );
}

const SHOWN_LISTS = 2;

function Lists({ person }: { person: SubscriberDto }) {
  const t = useText();
  const current = person.lists
    .filter((entry) => entry.status !== 'unsubscribed')
    .map((entry) => entry.list.name);
  if (current.length === 0) return <Typography textColor="neutral600">–</Typography>;
  const more = current.slice(SHOWN_LISTS);
  return (
    <Flex gap={1} wrap="wrap" maxWidth="24rem">
      {current.slice(0, SHOWN_LISTS).map((name) => (
        <Badge key={name}>{name}</Badge>
      ))}
      {more.length > 0 && (
        <Typography variant="pi" textColor="neutral600" title={more.join(', ')}>
          {t('subscribers.more-lists', { count: more.length })}
        </Typography>
      )}
    </Flex>
  );
}

interface BulkProps {
  can: Can;
  people: SubscriberDto[];
  onAction: Props['onAction'];
}

function BulkButtons({ can, people, onAction }: BulkProps) {
  const t = useText();
  const act = (action: TableAction) => () => onAction(action, people);
  return (
    <Flex gap={2} wrap="wrap">
      {can.subscribersEdit && (
        <>
          <Button size="S" variant="secondary" onClick={act('add-to-list')}>
            {t('subscribers.bulk.add-to-list')}
          </Button>
          <Button size="S" variant="secondary" onClick={act('remove-from-list')}>
            {t('subscribers.bulk.remove-from-list')}
          </Button>
          <Button size="S" variant="secondary" onClick={act('unsubscribe')}>
            {t('subscribers.unsubscribe')}
          </Button>
        </>
      )}
      {can.subscribersDelete && (
        <Button size="S" variant="danger-light" onClick={act('delete')}>
          {t('subscribers.delete')}
        </Button>
      )}
    </Flex>
  );
}
