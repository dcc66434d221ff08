import { useState } from 'react';
import { Field, TextInput } from '@strapi/design-system';
import type { DeliverySettings, Sender } from '../../../../shared/contracts';
import { FormModal } from '../../components/FormModal';
import { useText } from '../../components/useText';
import { senderErrors, senderId, type SenderErrors } from './senders';
import { SenderTransports } from './SenderTransports';
import { useSaveSettings } from './useSaveSettings';

interface Props {
  /** Null: a new one. */
  sender: Sender | null;
  senders: Sender[];
  delivery: DeliverySettings | undefined;
  onClose: () => void;
}

export function SenderDialog({ sender, senders, delivery, onClose }: Props) {
  const t = useText();
  const { save, isSaving } = useSaveSettings();
  const [values, setValues] = useState({
    name: sender?.name ?? '',
    email: sender?.email ?? '',
    replyTo: sender?.replyTo ?? '',
    transports: sender?.transports ?? [],
  });
  const [errors, setErrors] = useState<SenderErrors>({});
  const set = (patch: Partial<typeof values>) => setValues((before) => ({ ...before, ...patch }));
  const domains = delivery?.domains.map((domain) => domain.name) ?? null;
  const transports = delivery?.transports ?? [];

  const submit = async () => {
    const found = senderErrors(values, domains);
    setErrors(found);
    if (Object.keys(found).length > 0) return;
    const email = values.email.trim();
    const next: Sender = {
      id:
        sender?.id ??
        senderId(
          email,
          senders.map((other) => other.id),
        ),
      name: values.name.trim(),
      email,
      replyTo: values.replyTo.trim() || null,
      transports: values.transports,
    };
    const all =
      sender === null ? [...senders, next] : senders.map((other) => (other.id === sender.id ? next : other));
    if (await save({ senders: all })) onClose();
  };

  return (
    <FormModal
      title={t(sender === null ? 'settings.senders.add' : 'settings.sender.edit')}
      submitLabel={t('audience.save')}
      isSaving={isSaving}
      onSubmit={submit}
      onClose={onClose}
    >
      <Field.Root
        name="name"
        required
        hint={t('settings.sender.name.hint')}
        error={errors.name !== undefined && t('settings.sender.error.name')}
      >
        <Field.Label>{t('settings.sender.name')}</Field.Label>
        <TextInput value={values.name} onChange={(event) => set({ name: event.target.value })} />
        <Field.Hint />
        <Field.Error />
      </Field.Root>
      <Field.Root
        name="email"
        required
        hint={
          domains !== null && domains.length > 0
            ? t('settings.senders.rule', { domains: domains.join(', ') })
            : t('settings.senders.no-domains')
        }
        error={errors.email !== undefined && emailError(errors.email)}
      >
        <Field.Label>{t('settings.sender.email')}</Field.Label>
        <TextInput
          type="email"
          value={values.email}
          onChange={(event) => set({ email: event.target.value })}
        />
        <Field.Hint />
        <Field.Error />
      </Field.Root>
      <Field.Root
        name="replyTo"
        hint={t('settings.sender.reply-to.hint')}
        error={errors.replyTo !== undefined && t('subscribers.error.email')}
      >
        <Field.Label>{t('settings.sender.reply-to')}</Field.Label>
        <TextInput
          type="email"
          value={values.replyTo}
          onChange={(event) => set({ replyTo: event.target.value })}
        />
        <Field.Hint />
        <Field.Error />
      </Field.Root>
      {(transports.length > 1 || values.transports.length > 0) && (
        <SenderTransports
          configured={transports.map(({ name }) => name)}
          value={values.transports}
          onChange={(chosen) => set({ transports: chosen })}
        />
      )}
    </FormModal>
  );

  function emailError(kind: NonNullable<SenderErrors['email']>): string {
    return kind === 'domain' ? t('settings.sender.error.domain') : t('subscribers.error.email');
  }
}
