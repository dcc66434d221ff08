import { useState } from 'react';
import { Button, Field, Modal, SingleSelect, SingleSelectOption, Typography } from '@strapi/design-system';
import { WarningCircle } from '@strapi/icons';
import type { ListDto, SubscriberDto } from '../../../../shared/contracts';
import { useGetAllListsQuery } from '../../api/campaigns';
import { ConfirmAction } from '../../components/ConfirmAction';
import { useText } from '../../components/useText';
import { SubscriberDialog } from './SubscriberDialog';
import { useSubscriberActions } from './useSubscriberActions';

/** What the editor is being asked about, and for whom. */
export type PeopleDialog =
  | { kind: 'add' }
  | { kind: 'edit'; people: SubscriberDto[] }
  | { kind: 'add-to-list' | 'remove-from-list' | 'unsubscribe' | 'delete'; people: SubscriberDto[] };

interface Props {
  dialog: PeopleDialog | null;
  onClose: () => void;
  /** After the server did it. */
  onDone: (dialog: PeopleDialog) => void;
}

/** The dialogs of the subscriber pages, for one person as for many. */
export function PeopleDialogs({ dialog, onClose, onDone }: Props) {
  if (dialog === null) return null;
  const done = () => {
    onDone(dialog);
    onClose();
  };
  switch (dialog.kind) {
    case 'add':
      return <SubscriberDialog person={null} onClose={onClose} onDone={done} />;
    case 'edit':
      return <SubscriberDialog person={dialog.people[0] ?? null} onClose={onClose} onDone={done} />;
    case 'add-to-list':
    case 'remove-from-list':
      return <ListChoice action={dialog.kind} people={dialog.people} onClose={onClose} onDone={done} />;
    default:
      return <Confirmation action={dialog.kind} people={dialog.people} onClose={onClose} onDone={done} />;
  }
}

interface PartProps<A> {
  action: A;
  people: SubscriberDto[];
  onClose: () => void;
  onDone: () => void;
}

function Confirmation({ action, people, onClose, onDone }: PartProps<'unsubscribe' | 'delete'>) {
  const t = useText();
  const { bulk } = useSubscriberActions();
  const values = { count: people.length, email: people[0]?.email ?? '' };
  const confirm = async () => {
    const done = await bulk({ action, ids: people.map((person) => person.documentId) });
    if (done) onDone();
    return done;
  };
  return (
    <ConfirmAction
      open
      onOpenChange={(open) => !open && onClose()}
      title={t(`subscribers.confirm.${action}.title`, values)}
      confirmLabel={t(`subscribers.confirm.${action}.button`, values)}
      icon={<WarningCircle />}
      onConfirm={confirm}
    >
      {t(`subscribers.confirm.${action}.text`, values)}
    </ConfirmAction>
  );
}

function ListChoice({ action, people, onClose, onDone }: PartProps<'add-to-list' | 'remove-from-list'>) {
  const t = useText();
  const { bulk, isBusy } = useSubscriberActions();
  const { data } = useGetAllListsQuery();
  const [list, setList] = useState('');
  const lists = listsFor(action, people, data ?? []);
  const values = { count: people.length };
  const submit = async () => {
    if (await bulk({ action, ids: people.map((person) => person.documentId), list })) onDone();
  };
  return (
    <Modal.Root open onOpenChange={(open) => !open && onClose()}>
      <Modal.Content>
        <Modal.Header closeLabel={t('common.close')}>
          <Modal.Title>{t(`subscribers.${action}.title`, values)}</Modal.Title>
        </Modal.Header>
        <Modal.Body>
          <Field.Root name="list" required hint={t(`subscribers.${action}.hint`)}>
            <Field.Label>{t('subscribers.field.list')}</Field.Label>
            <SingleSelect
              value={list}
              onChange={(value) => setList(String(value))}
              placeholder={t('subscribers.choose-list')}
            >
              {lists.map((entry) => (
                <SingleSelectOption key={entry.documentId} value={entry.documentId}>
                  {entry.name}
                </SingleSelectOption>
              ))}
            </SingleSelect>
            <Field.Hint />
          </Field.Root>
          {data !== undefined && lists.length === 0 && (
            <Typography textColor="neutral600">{t('subscribers.no-list-fits')}</Typography>
          )}
        </Modal.Body>
        <Modal.Footer>
          <Button variant="tertiary" onClick={onClose}>
            {t('common.cancel')}
          </Button>
          <Button disabled={list === ''} loading={isBusy} onClick={() => void submit()}>
            {t(`subscribers.${action}.button`)}
          </Button>
        </Modal.Footer>
      </Modal.Content>
    </Modal.Root>
  );
}

/** Only lists that somebody of the selection is on can be left. */
function listsFor(
  action: 'add-to-list' | 'remove-from-list',
  people: SubscriberDto[],
  lists: ListDto[],
): ListDto[] {
  if (action === 'add-to-list') return lists;
  const joined = new Set(
    people.flatMap((person) =>
      person.lists.filter((entry) => entry.status !== 'unsubscribed').map((entry) => entry.list.documentId),
    ),
  );
  return lists.filter((list) => joined.has(list.documentId));
}
