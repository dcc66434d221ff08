import { useState } from 'react';
import { Button, Flex, IconButton, Table, Tbody, Td, Tr, Typography } from '@strapi/design-system';
import { Pencil, Plus, Trash, WarningCircle } from '@strapi/icons';
import type { Sender, SenderTransport } from '../../../../shared/contracts';
import { useGetDeliverySettingsQuery } from '../../api/settings';
import { ConfirmAction } from '../../components/ConfirmAction';
import { LongText } from '../../components/LongText';
import { Panel } from '../../components/Panel';
import { TableHead } from '../../components/TableHead';
import { useText, type Text } from '../../components/useText';
import { SenderDialog } from './SenderDialog';
import { useSaveSettings } from './useSaveSettings';

interface Props {
  senders: Sender[];
  mayEdit: boolean;
}

type OpenDialog = { kind: 'add' } | { kind: 'edit' | 'remove'; sender: Sender };

/** Who newsletters are from. */
export function SendersPanel({ senders, mayEdit }: Props) {
  const t = useText();
  const { data: delivery } = useGetDeliverySettingsQuery();
  const [dialog, setDialog] = useState<OpenDialog | null>(null);
  const close = () => setDialog(null);
  const domains = delivery?.domains.map((domain) => domain.name) ?? [];
  return (
    <Panel
      title={t('settings.senders')}
      action={
        mayEdit && (
          <Button
            size="S"
            variant="secondary"
            startIcon={<Plus />}
            onClick={() => setDialog({ kind: 'add' })}
          >
            {t('settings.senders.add')}
          </Button>
        )
      }
    >
      <Flex direction="column" alignItems="stretch" gap={4}>
        <Typography textColor="neutral600">
          {domains.length > 0
            ? t('settings.senders.rule', { domains: domains.join(', ') })
            : t('settings.senders.no-domains')}
        </Typography>
        {senders.length === 0 ? (
          <Typography textColor="neutral800">{t('settings.senders.none')}</Typography>
        ) : (
          <SendersTable
            senders={senders}
            transports={delivery?.transports.map(({ name }) => name) ?? []}
            mayEdit={mayEdit}
            onEdit={(sender) => setDialog({ kind: 'edit', sender })}
            onRemove={(sender) => setDialog({ kind: 'remove', sender })}
          />
        )}
      </Flex>
      {(dialog?.kind === 'add' || dialog?.kind === 'edit') && (
        <SenderDialog
          sender={dialog.kind === 'edit' ? dialog.sender : null}
          senders={senders}
          delivery={delivery}
          onClose={close}
        />
      )}
      {dialog?.kind === 'remove' && <RemoveSender sender={dialog.sender} senders={senders} onClose={close} />}
    </Panel>
  );
}

interface TableProps extends Props {
  /** Names of the configured transports, the default first; with one there is nothing to tell apart. */
  transports: string[];
  onEdit: (sender: Sender) => void;
  onRemove: (sender: Sender) => void;
}

function SendersTable({ senders, transports, mayEdit, onEdit, onRemove }: TableProps) {
  const t = useText();
  const several = transports.length > 1;
  const columns = ['name', 'email', 'reply-to', ...(several ? (['transports'] as const) : [])] as const;
  return (
    <Table colCount={columns.length + 1} rowCount={senders.length + 1}>
      <TableHead columns={columns.map((column) => t(`settings.sender.${column}`))} hasActions />
      <Tbody>
        {senders.map((sender) => (
          <Tr key={sender.id}>
            <Td>
              <Typography fontWeight="semiBold">{sender.name}</Typography>
            </Td>
            <Td>
              <LongText>{sender.email}</LongText>
            </Td>
            <Td>{sender.replyTo ? <LongText>{sender.replyTo}</LongText> : <Typography>–</Typography>}</Td>
            {several && (
              <Td>
                <Typography style={{ whiteSpace: 'normal' }}>
                  {sharesText(sender.transports ?? [], t) || transports[0]}
                </Typography>
              </Td>
            )}
            <Td>
              {mayEdit && (
                <Flex gap={1} justifyContent="flex-end">
                  <IconButton
                    variant="ghost"
                    label={t('settings.senders.edit', { name: sender.name })}
                    onClick={() => onEdit(sender)}
                  >
                    <Pencil />
                  </IconButton>
                  <IconButton
                    variant="ghost"
                    label={t('settings.senders.remove', { name: sender.name })}
                    onClick={() => onRemove(sender)}
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

/** `demo 75 %, backup 25 %`; one that gets everything stands without a number. */
function sharesText(transports: SenderTransport[], t: Text): string {
  const total = transports.reduce((sum, { weight }) => sum + weight, 0);
  const share = (weight: number) =>
    t('settings.sender.transport.share', { share: Math.round((100 * weight) / total) });
  return transports
    .map(({ name, weight }) => (transports.length > 1 ? `${name} ${share(weight)}` : name))
    .join(', ');
}

function RemoveSender({
  sender,
  senders,
  onClose,
}: {
  sender: Sender;
  senders: Sender[];
  onClose: () => void;
}) {
  const t = useText();
  const { save } = useSaveSettings();
  return (
    <ConfirmAction
      open
      onOpenChange={(open) => !open && onClose()}
      title={t('settings.senders.confirm-remove.title', { name: sender.name })}
      confirmLabel={t('settings.senders.confirm-remove.button')}
      icon={<WarningCircle />}
      onConfirm={() => save({ senders: senders.filter((other) => other.id !== sender.id) })}
    >
      {t('settings.senders.confirm-remove.text')}
    </ConfirmAction>
  );
}
