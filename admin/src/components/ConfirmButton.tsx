import { useState, type ReactNode } from 'react';
import { Button, type ButtonProps } from '@strapi/design-system';
import { ConfirmAction } from './ConfirmAction';
import { useFeedback } from './useFeedback';

interface Props<Done>
  extends Pick<ButtonProps, 'aria-label' | 'disabled' | 'fullWidth' | 'size' | 'startIcon' | 'variant'> {
  /** On the button, and on the one in the dialog. */
  label: string;
  /** Of the dialog; the label by default. */
  title?: string;
  /** Of the button in the dialog. */
  confirmVariant?: ButtonProps['variant'];
  /** What happens when the person agrees: the trigger of a mutation. Failures are shown, and the dialog stays. */
  act: () => PromiseLike<{ data: Done; error?: undefined } | { data?: undefined; error: unknown }>;
  /** Said afterwards; none: the page shows it. */
  doneText?: (done: Done) => string;
  /** What the dialog says. */
  children: ReactNode;
}

/** A button that asks before it does something. */
export function ConfirmButton<Done>({
  label,
  title = label,
  confirmVariant,
  act,
  doneText,
  children,
  ...button
}: Props<Done>) {
  const feedback = useFeedback();
  const [open, setOpen] = useState(false);
  const confirm = async () => {
    const answer = await act();
    if (answer.error !== undefined) {
      feedback.failure(answer.error);
      return false;
    }
    if (doneText) feedback.success(doneText(answer.data as Done));
    return true;
  };
  return (
    <ConfirmAction
      open={open}
      onOpenChange={setOpen}
      trigger={<Button {...button}>{label}</Button>}
      title={title}
      confirmLabel={label}
      variant={confirmVariant}
      onConfirm={confirm}
    >
      {children}
    </ConfirmAction>
  );
}
