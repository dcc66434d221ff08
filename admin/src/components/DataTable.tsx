import type { ReactNode } from 'react';
import {
  Checkbox,
  Loader,
  Table,
  Tbody,
  Td,
  Th,
  Tr,
  Typography,
  VisuallyHidden,
} from '@strapi/design-system';
import { ErrorState } from './ErrorState';
import { TableHead } from './TableHead';
import { useText } from './useText';

type Id = string | number;

export interface Column<Row> {
  head: string;
  cell: (row: Row) => ReactNode;
}

/** Rows that a person picks to do something with all of them. */
export interface Selection<Row, RowId extends Id> {
  ids: readonly RowId[];
  onChange: (ids: RowId[]) => void;
  /** Whose box it is, for screen readers. */
  nameOf: (row: Row) => string;
  /** All of them by default. */
  allows?: (row: Row) => boolean;
}

interface Props<Row, RowId extends Id, Data> {
  /** What the hook of a query gave. */
  answer: {
    data?: (Data & { results: readonly Row[] }) | undefined;
    error?: unknown;
    refetch: () => unknown;
  };
  idOf: (row: Row) => RowId;
  columns: readonly Column<Row>[];
  selection?: Selection<Row, RowId> | undefined;
  /** Buttons in a last column. */
  actions?: (row: Row) => ReactNode;
  /** In place of the rows when there are none. */
  empty: string;
  /** Below the rows. */
  pages?: (data: NonNullable<Data>) => ReactNode;
}

/** Rows as they are read: while they load, when they could not be read, when there are none, and page by page. */
export function DataTable<Row, RowId extends Id, Data>({
  answer: { data, error, refetch },
  idOf,
  columns,
  selection,
  actions,
  empty,
  pages,
}: Props<Row, RowId, Data>) {
  const t = useText();
  if (data === undefined)
    return error === undefined ? (
      <Loader>{t('common.loading')}</Loader>
    ) : (
      <ErrorState error={error} onRetry={() => void refetch()} />
    );
  const rows = data.results;
  const heads = [
    ...(selection ? [<SelectAll key="select" rows={rows} idOf={idOf} selection={selection} />] : []),
    ...columns.map(({ head }) => head),
  ];
  return (
    <>
      {rows.length === 0 ? (
        <Typography textColor="neutral600">{empty}</Typography>
      ) : (
        <Table colCount={heads.length + (actions ? 1 : 0)} rowCount={rows.length + 1}>
          <TableHead columns={heads} hasActions={actions !== undefined} />
          <Tbody>
            {rows.map((row) => (
              <Tr key={idOf(row)}>
                {selection && (
                  <Td>
                    <Select row={row} id={idOf(row)} selection={selection} />
                  </Td>
                )}
                {columns.map(({ head, cell }) => (
                  <Td key={head}>{cell(row)}</Td>
                ))}
                {actions && <Td>{actions(row)}</Td>}
              </Tr>
            ))}
          </Tbody>
        </Table>
      )}
      {pages?.(data)}
    </>
  );
}

function Select<Row, RowId extends Id>({
  row,
  id,
  selection: { ids, onChange, nameOf, allows },
}: {
  row: Row;
  id: RowId;
  selection: Selection<Row, RowId>;
}) {
  const t = useText();
  if (allows && !allows(row)) return null;
  const isSelected = ids.includes(id);
  return (
    <Checkbox
      aria-label={t('common.select-one', { name: nameOf(row) })}
      checked={isSelected}
      onCheckedChange={() => onChange(isSelected ? ids.filter((other) => other !== id) : [...ids, id])}
    />
  );
}

function SelectAll<Row, RowId extends Id>({
  rows,
  idOf,
  selection: { ids, onChange, allows = () => true },
}: {
  rows: readonly Row[];
  idOf: (row: Row) => RowId;
  selection: Selection<Row, RowId>;
}) {
  const t = useText();
  const selectable = rows.filter(allows).map(idOf);
  const selected = selectable.filter((id) => ids.includes(id)).length;
  const all = selected === selectable.length;
  return (
    <Th>
      {selectable.length === 0 ? (
        <VisuallyHidden>{t('common.select')}</VisuallyHidden>
      ) : (
        <Checkbox
          aria-label={t('common.select-all')}
          checked={all ? true : selected > 0 ? 'indeterminate' : false}
          onCheckedChange={() => onChange(all ? [] : selectable)}
        />
      )}
    </Th>
  );
}
