import { useState } from 'react';
import {
  Box,
  SingleSelect,
  SingleSelectOption,
  Table,
  Tbody,
  Td,
  Tr,
  Typography,
} from '@strapi/design-system';
import type { ColumnTarget, ImportPreview } from '../../../../shared/contracts';
import { TableHead } from '../../components/TableHead';
import { useText } from '../../components/useText';
import { useCan } from '../../permissions';
import { NewAttributeDialog } from './NewAttributeDialog';
import { PLAIN_TARGETS, targetKey, targetOf } from './words';

interface Props {
  preview: ImportPreview;
  columns: ColumnTarget[];
  onChange: (columns: ColumnTarget[]) => void;
}

/** One row per column of the file: what it is called, what is in it, what it becomes. */
export function ColumnsTable({ preview, columns, onChange }: Props) {
  const t = useText();
  const [creating, setCreating] = useState<number | null>(null);
  const set = (at: number, target: ColumnTarget) =>
    onChange(columns.map((before, index) => (index === at ? target : before)));
  const heads = (['column', 'sample', 'target'] as const).map((name) => t(`imports.columns.${name}`));
  return (
    <Box>
      <Table colCount={heads.length} rowCount={preview.columns.length + 1}>
        <TableHead columns={heads} />
        <Tbody>
          {preview.columns.map((name, at) => (
            <Tr key={at}>
              <Td>
                <Typography fontWeight="semiBold" style={{ overflowWrap: 'anywhere', whiteSpace: 'normal' }}>
                  {name}
                </Typography>
              </Td>
              <Td>
                <Box maxWidth={{ initial: '160px', large: '320px' }}>
                  <Typography variant="pi" textColor="neutral600" tag="p" ellipsis>
                    {sample(preview.rows, at) || '–'}
                  </Typography>
                </Box>
              </Td>
              <Td>
                <Box minWidth="20rem" paddingTop={2} paddingBottom={2}>
                  <TargetSelect
                    label={t('imports.columns.target-of', { name })}
                    target={columns[at] ?? { to: 'ignore' }}
                    preview={preview}
                    onChange={(target) => set(at, target)}
                    onCreate={() => setCreating(at)}
                  />
                </Box>
              </Td>
            </Tr>
          ))}
        </Tbody>
      </Table>
      {creating !== null && (
        <NewAttributeDialog
          head={preview.columns[creating] ?? ''}
          taken={[...preview.attributes.map(({ name }) => name), ...newNames(columns)]}
          onClose={() => setCreating(null)}
          onCreate={(declaration) => {
            set(creating, { to: 'newAttribute', declaration });
            setCreating(null);
          }}
        />
      )}
    </Box>
  );
}

const newNames = (columns: ColumnTarget[]) =>
  columns.flatMap((target) => (target.to === 'newAttribute' ? [target.declaration.name] : []));

/** The first few values that are not empty. */
const sample = (rows: string[][], at: number) =>
  [...new Set(rows.map((row) => row[at]?.trim() ?? '').filter(Boolean))].slice(0, 3).join(' · ');

const CREATE = 'create';

interface SelectProps {
  label: string;
  target: ColumnTarget;
  preview: ImportPreview;
  onChange: (target: ColumnTarget) => void;
  onCreate: () => void;
}

function TargetSelect({ label, target, preview, onChange, onCreate }: SelectProps) {
  const t = useText();
  const { can } = useCan();
  return (
    <SingleSelect
      aria-label={label}
      size="S"
      value={targetKey(target)}
      onChange={(key) => (key === CREATE ? onCreate() : onChange(targetOf(String(key))))}
    >
      {PLAIN_TARGETS.map((to) => (
        <SingleSelectOption key={to} value={to}>
          {t(`imports.target.${to}`)}
        </SingleSelectOption>
      ))}
      {preview.attributes.map(({ name, label: text }) => (
        <SingleSelectOption key={name} value={`attribute:${name}`}>
          {t('imports.target.attribute', { name: text })}
        </SingleSelectOption>
      ))}
      {target.to === 'newAttribute' && (
        <SingleSelectOption value={targetKey(target)}>
          {t('imports.target.new', { name: target.declaration.label })}
        </SingleSelectOption>
      )}
      {can.settingsEdit && (
        <SingleSelectOption value={CREATE}>{t('imports.target.create')}</SingleSelectOption>
      )}
    </SingleSelect>
  );
}
