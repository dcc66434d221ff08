import { useState, type ReactElement, type ReactNode } from 'react';
import { Button, Dialog, type ButtonProps } from '@strapi/design-system';
import { useFocusBack } from './useFocusBack';
import { useText } from './useText';

/**
 * A dialog that asks before something that cannot be taken back lightly. Stays open, and shows that it works, until
 * `onConfirm` is done; `onConfirm` reports its own failure and answers whether to close.
 */
export function ConfirmAction({
  open,
  onOpenChange,
  trigger,
  title,
  icon,
  children,
  confirmLabel,
  variant = 'danger',
  disabled = false,
  onConfirm,
}: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  trigger?: ReactElement;
  title: string;
  icon?: ReactElement;
  children: ReactNode;
  confirmLabel: string;
  variant?: ButtonProps['variant'];
  disabled?: boolean;
  onConfirm: () => Promise<boolean>;
}) {
  const t = useText();
  const [busy, setBusy] = useState(false);
  useFocusBack(open);
  const confirm = async () => {
    setBusy(true);
    try {
      if (await onConfirm()) onOpenChange(false);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog.Root open={open} onOpenChange={(next) => !busy && onOpenChange(next)}>
      {trigger && <Dialog.Trigger>{trigger}</Dialog.Trigger>}
      <Dialog.Content>
        <Dialog.Header>{title}</Dialog.Header>
        <Dialog.Body icon={icon}>{children}</Dialog.Body>
        <Dialog.Footer>
          <Dialog.Cancel>
            <Button variant="tertiary" fullWidth disabled={busy}>
              {t('common.cancel')}
            </Button>
          </Dialog.Cancel>
          <Button
            variant={variant}
            fullWidth
            loading={busy}
            disabled={disabled}
            onClick={() => void confirm()}
          >
            {confirmLabel}
          </Button>
        </Dialog.Footer>
      </Dialog.Content>
    </Dialog.Root>
  );
}
