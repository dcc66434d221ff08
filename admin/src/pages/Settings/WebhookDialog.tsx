import { useState } from 'react';
import { Box, Checkbox, Field, Flex, TextInput, Typography } from '@strapi/design-system';
import { useCreateWebhookMutation, useUpdateWebhookMutation, type Webhook } from '../../api/webhooks';
import { FormModal } from '../../components/FormModal';
import { useFeedback } from '../../components/useFeedback';
import { useText } from '../../components/useText';
import { isOurs, isWebAddress, OUR_EVENTS, withOurs } from './webhooks';

interface Props {
  /** Null: a new one. */
  webhook: Webhook | null;
  onClose: () => void;
}

/** Name, address and our events of a webhook; its headers and Strapi's events are left as they are. */
export function WebhookDialog({ webhook, onClose }: Props) {
  const t = useText();
  const feedback = useFeedback();
  const [create, creating] = useCreateWebhookMutation();
  const [update, updating] = useUpdateWebhookMutation();
  const [name, setName] = useState(webhook?.name ?? '');
  const [url, setUrl] = useState(webhook?.url ?? '');
  const [chosen, setChosen] = useState(() => new Set(webhook?.events.filter(isOurs)));
  const [isTried, setTried] = useState(false);
  const errors = {
    name: name.trim() === '' && t('native.webhook.error.name'),
    url: !isWebAddress(url.trim()) && t('native.webhook.error.url'),
    events: webhook === null && chosen.size === 0 && t('native.webhook.error.events'),
  };

  const choose = (id: string, isChosen: boolean) =>
    setChosen((before) => {
      const next = new Set(before);
      if (isChosen) next.add(id);
      else next.delete(id);
      return next;
    });

  const submit = async () => {
    setTried(true);
    if (errors.name || errors.url || errors.events) return;
    const fields = {
      name: name.trim(),
      url: url.trim(),
      headers: webhook?.headers ?? {},
      events: withOurs(webhook?.events ?? [], chosen),
    };
    const outcome = await (webhook === null ? create(fields) : update({ ...webhook, ...fields }));
    if ('error' in outcome) return feedback.failure(outcome.error);
    feedback.success(t('native.webhook.saved'));
    onClose();
  };

  return (
    <FormModal
      title={webhook === null ? t('native.webhooks.add') : t('native.webhook.edit', { name: webhook.name })}
      submitLabel={t('audience.save')}
      isSaving={creating.isLoading || updating.isLoading}
      onSubmit={submit}
      onClose={onClose}
    >
      <Field.Root name="name" required error={isTried && errors.name}>
        <Field.Label>{t('native.webhook.name')}</Field.Label>
        <TextInput value={name} onChange={(event) => setName(event.target.value)} />
        <Field.Error />
      </Field.Root>
      <Field.Root name="url" required hint={t('native.webhook.url.hint')} error={isTried && errors.url}>
        <Field.Label>{t('native.webhook.url')}</Field.Label>
        <TextInput type="url" value={url} onChange={(event) => setUrl(event.target.value)} />
        <Field.Hint />
        <Field.Error />
      </Field.Root>
      <Box tag="fieldset" borderWidth={0} padding={0}>
        <Typography tag="legend" variant="pi" fontWeight="bold" textColor="neutral800">
          {t('native.webhook.events')}
        </Typography>
        <Flex direction="column" alignItems="start" gap={3} paddingTop={2}>
          {OUR_EVENTS.map((event) => (
            <Checkbox
              key={event.id}
              checked={chosen.has(event.id)}
              onCheckedChange={(value) => choose(event.id, value === true)}
            >
              {t(`native.event.${event.name}`)}
            </Checkbox>
          ))}
          {isTried && errors.events && (
            <Typography role="alert" variant="pi" textColor="danger600">
              {errors.events}
            </Typography>
          )}
        </Flex>
      </Box>
    </FormModal>
  );
}
