import type { ReactElement } from 'react';
import { Th, Thead, Tr, Typography, VisuallyHidden } from '@strapi/design-system';
import { useText } from './useText';

interface Props {
  /** In order: the label of a column, or a whole `Th` with a key where a label is not enough. */
  columns: readonly (string | ReactElement)[];
  /** Whether a last column with buttons follows; only screen readers are told its name. */
  hasActions?: boolean;
}

/** The row of heads of a table. */
export function TableHead({ columns, hasActions = false }: Props) {
  const t = useText();
  return (
    <Thead>
      <Tr>
        {columns.map((column) =>
          typeof column === 'string' ? (
            <Th key={column}>
              <Typography variant="sigma">{column}</Typography>
            </Th>
          ) : (
            column
          ),
        )}
        {hasActions && (
          <Th>
            <VisuallyHidden>{t('common.actions')}</VisuallyHidden>
          </Th>
        )}
      </Tr>
    </Thead>
  );
}
