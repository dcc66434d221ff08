import { useState, type FormEvent } from 'react';
import {
  Box,
  Button,
  Field,
  Flex,
  Grid,
  SingleSelect,
  SingleSelectOption,
  TextInput,
  Typography,
} from '@strapi/design-system';
import { PaperPlane } from '@strapi/icons';
import { emailKey } from '../../../../shared/address';
import type { DeliverySettings, TransportTestResult } from '../../../../shared/contracts';
import { errorSentence } from '../../api/client';
import { useGetSettingsQuery, useTestTransportMutation } from '../../api/settings';
import { Panel } from '../../components/Panel';
import { useText } from '../../components/useText';

/** Connects and logs in to a transport and, with an address, sends a short mail; the reply is shown in place. */
export function TransportTestPanel({ delivery }: { delivery: DeliverySettings }) {
  const t = useText();
  const { data: settings } = useGetSettingsQuery();
  const [test, { isLoading }] = useTestTransportMutation();
  const [transport, setTransport] = useState(delivery.transports[0]?.name ?? '');
  const [to, setTo] = useState('');
  const [badAddress, setBadAddress] = useState(false);
  const [result, setResult] = useState<TransportTestResult | null>(null);
  const hasSender = (settings?.senders.length ?? 0) > 0;

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const address = to.trim();
    const isBad = address !== '' && emailKey(address) === null;
    setBadAddress(isBad);
    setResult(null);
    if (isBad) return;
    const outcome = await test({ transport, ...(address === '' ? {} : { to: address }) });
    setResult(
      'error' in outcome
        ? { ok: false, message: errorSentence(outcome.error) ?? t('common.error.unreachable') }
        : outcome.data,
    );
  };

  return (
    <Panel title={t('settings.delivery.test')}>
      <form noValidate onSubmit={(event) => void submit(event)}>
        <Flex direction="column" alignItems="stretch" gap={5}>
          <Grid.Root gap={5}>
            <Grid.Item col={6} xs={12} direction="column" alignItems="stretch">
              <Field.Root name="transport">
                <Field.Label>{t('settings.sender.transport')}</Field.Label>
                <SingleSelect value={transport} onChange={(name) => setTransport(String(name))}>
                  {delivery.transports.map((entry) => (
                    <SingleSelectOption key={entry.name} value={entry.name}>
                      {entry.name}
                    </SingleSelectOption>
                  ))}
                </SingleSelect>
              </Field.Root>
            </Grid.Item>
            <Grid.Item col={6} xs={12} direction="column" alignItems="stretch">
              <Field.Root
                name="to"
                hint={t(hasSender ? 'settings.delivery.test.to.hint' : 'settings.delivery.test.no-sender')}
                error={badAddress && t('subscribers.error.email')}
              >
                <Field.Label>{t('settings.delivery.test.to')}</Field.Label>
                <TextInput
                  type="email"
                  value={to}
                  disabled={!hasSender}
                  onChange={(event) => setTo(event.target.value)}
                />
                <Field.Hint />
                <Field.Error />
              </Field.Root>
            </Grid.Item>
          </Grid.Root>
          <Flex justifyContent="flex-end">
            <Button type="submit" variant="secondary" startIcon={<PaperPlane />} loading={isLoading}>
              {t(to.trim() === '' ? 'settings.delivery.test.connect' : 'settings.delivery.test.send')}
            </Button>
          </Flex>
          <div role="status">
            {result !== null && (
              <Box padding={4} hasRadius background={result.ok ? 'success100' : 'danger100'}>
                <Typography textColor={result.ok ? 'success700' : 'danger700'}>{result.message}</Typography>
              </Box>
            )}
          </div>
        </Flex>
      </form>
    </Panel>
  );
}
