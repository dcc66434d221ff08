import type { FormEvent, ReactNode } from 'react';
import { Alert, Button, Flex, Modal } from '@strapi/design-system';
import { useFocusBack } from './useFocusBack';
import { useText } from './useText';

interface Props {
  title: string;
  submitLabel: string;
  /** The button turns and cannot be pressed again. */
  isSaving?: boolean;
  /** What the form cannot say at one of its fields; null: nothing. */
  problem?: string | null;
  /** Needed where there may be a problem. */
  onProblemClose?: () => void;
  onSubmit: () => void | Promise<void>;
  /** Cancelled, by any of the ways out. */
  onClose: () => void;
  /** Keeps the ways out closed: what runs could not be followed from elsewhere. */
  isLocked?: boolean;
  children: ReactNode;
}

/** A form in a dialog, its fields below each other. It is open as long as it is shown. */
export function FormModal({
  title,
  submitLabel,
  isSaving = false,
  problem = null,
  onProblemClose,
  onSubmit,
  onClose,
  isLocked = false,
  children,
}: Props) {
  const t = useText();
  useFocusBack(true);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    // React's events leave the dialog for the page that it was opened from: a form there would be submitted, too.
    event.stopPropagation();
    void onSubmit();
  };
  return (
    <Modal.Root open onOpenChange={(open) => !open && !isLocked && onClose()}>
      <Modal.Content>
        <form noValidate onSubmit={submit} style={{ display: 'contents' }}>
          <Modal.Header closeLabel={t('common.close')}>
            <Modal.Title>{title}</Modal.Title>
          </Modal.Header>
          <Modal.Body>
            <Flex direction="column" alignItems="stretch" gap={5}>
              {problem !== null && (
                <Alert variant="danger" closeLabel={t('common.close')} onClose={onProblemClose} role="alert">
                  {problem}
                </Alert>
              )}
              {children}
            </Flex>
          </Modal.Body>
          <Modal.Footer>
            <Button variant="tertiary" disabled={isLocked} onClick={onClose}>
              {t('common.cancel')}
            </Button>
            <Button type="submit" loading={isSaving}>
              {submitLabel}
            </Button>
          </Modal.Footer>
        </form>
      </Modal.Content>
    </Modal.Root>
  );
}
