import { useState } from 'react';
import { Button, Flex, IconButton, Table, Tbody, Td, Tr, Typography } from '@strapi/design-system';
import { ArrowDown, ArrowUp, Pencil, Plus, Trash, WarningCircle } from '@strapi/icons';
import type { AttributeDeclaration } from '../../../../shared/contracts';
import { ConfirmAction } from '../../components/ConfirmAction';
import { Panel } from '../../components/Panel';
import { TableHead } from '../../components/TableHead';
import { useText } from '../../components/useText';
import { AttributeDialog } from './AttributesDialog';
import { ProtectedSettings, SettingsFrame } from './SettingsFrame';
import { useSaveSettings } from './useSaveSettings';

export default function AttributesPage() {
  return (
    <ProtectedSettings title="attributes.title">
      <SettingsFrame title="attributes.title" subtitle="attributes.subtitle">
        {(settings, mayEdit) => <AttributesPanel attributes={settings.attributes} mayEdit={mayEdit} />}
      </SettingsFrame>
    </ProtectedSettings>
  );
}

type OpenDialog = { kind: 'add' } | { kind: 'edit' | 'remove'; attribute: AttributeDeclaration };

function AttributesPanel({ attributes, mayEdit }: { attributes: AttributeDeclaration[]; mayEdit: boolean }) {
  const t = useText();
  const { save } = useSaveSettings();
  const [dialog, setDialog] = useState<OpenDialog | null>(null);
  const close = () => setDialog(null);
  return (
    <Panel
      title={t('attributes.title')}
      action={
        mayEdit && (
          <Button size="S" startIcon={<Plus />} onClick={() => setDialog({ kind: 'add' })}>
            {t('attributes.add')}
          </Button>
        )
      }
    >
      {attributes.length === 0 ? (
        <Typography textColor="neutral800">{t('attributes.none')}</Typography>
      ) : (
        <AttributesTable
          attributes={attributes}
          mayEdit={mayEdit}
          onEdit={(attribute) => setDialog({ kind: 'edit', attribute })}
          onRemove={(attribute) => setDialog({ kind: 'remove', attribute })}
          onReorder={(next) => void save({ attributes: next })}
        />
      )}
      {(dialog?.kind === 'add' || dialog?.kind === 'edit') && (
        <AttributeDialog
          attribute={dialog.kind === 'edit' ? dialog.attribute : null}
          attributes={attributes}
          onClose={close}
        />
      )}
      {dialog?.kind === 'remove' && (
        <ConfirmAction
          open
          onOpenChange={(open) => !open && close()}
          title={t('attributes.remove.title', { label: dialog.attribute.label })}
          confirmLabel={t('attributes.remove.button')}
          icon={<WarningCircle />}
          onConfirm={() =>
            save({ attributes: attributes.filter(({ name }) => name !== dialog.attribute.name) })
          }
        >
          {t('attributes.remove.text', { name: dialog.attribute.name })}
        </ConfirmAction>
      )}
    </Panel>
  );
}

interface TableProps {
  attributes: AttributeDeclaration[];
  mayEdit: boolean;
  onEdit: (attribute: AttributeDeclaration) => void;
  onRemove: (attribute: AttributeDeclaration) => void;
  onReorder: (attributes: AttributeDeclaration[]) => void;
}

function AttributesTable({ attributes, mayEdit, onEdit, onRemove, onReorder }: TableProps) {
  const t = useText();
  const swap = (at: number, to: number) =>
    onReorder(
      attributes.map((one, index) => attributes[index === at ? to : index === to ? at : index] ?? one),
    );
  return (
    <Table colCount={4} rowCount={attributes.length + 1}>
      <TableHead
        columns={(['label', 'type', 'public'] as const).map((column) => t(`attributes.${column}`))}
        hasActions
      />
      <Tbody>
        {attributes.map((attribute, at) => (
          <Tr key={attribute.name}>
            <Td>
              <Flex direction="column" alignItems="flex-start">
                <Typography fontWeight="semiBold">{attribute.label}</Typography>
                <Typography variant="pi" textColor="neutral600">
                  {attribute.name}
                </Typography>
              </Flex>
            </Td>
            <Td>
              <Typography>{t(`imports.attribute.type.${attribute.type}`)}</Typography>
            </Td>
            <Td>
              <Typography>{t(attribute.public ? 'audience.yes' : 'audience.no')}</Typography>
            </Td>
            <Td>
              {mayEdit && (
                <Flex gap={1} justifyContent="flex-end">
                  <IconButton
                    variant="ghost"
                    label={t('attributes.up', { label: attribute.label })}
                    disabled={at === 0}
                    onClick={() => swap(at, at - 1)}
                  >
                    <ArrowUp />
                  </IconButton>
                  <IconButton
                    variant="ghost"
                    label={t('attributes.down', { label: attribute.label })}
                    disabled={at === attributes.length - 1}
                    onClick={() => swap(at, at + 1)}
                  >
                    <ArrowDown />
                  </IconButton>
                  <IconButton
                    variant="ghost"
                    label={t('attributes.edit', { label: attribute.label })}
                    onClick={() => onEdit(attribute)}
                  >
                    <Pencil />
                  </IconButton>
                  <IconButton
                    variant="ghost"
                    label={t('attributes.remove', { label: attribute.label })}
                    onClick={() => onRemove(attribute)}
                  >
                    <Trash />
                  </IconButton>
                </Flex>
              )}
            </Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}
