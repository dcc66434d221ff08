import { useState } from 'react';
import { Box, Button, Field, Flex, Modal, Textarea, Typography } from '@strapi/design-system';
import { CheckCircle, CrossCircle, PaperPlane } from '@strapi/icons';
import { useAuth } from '@strapi/strapi/admin';
import type { CampaignDto, TestSendResult } from '../../../../../shared/contracts';
import { errorSentence } from '../../../api/client';
import { useTestCampaignMutation } from '../../../api/campaigns';
import { useText } from '../../../components/useText';
import type { PickedSubscriber } from './SubscriberPicker';

const MAX_ADDRESSES = 10;

/** Sends the saved content to up to ten addresses and shows what the mail server said about each. */
export function TestSendDialog({
  campaign,
  language,
  subscriber,
  beforeTest,
}: {
  campaign: CampaignDto;
  language: string;
  subscriber: PickedSubscriber | null;
  beforeTest: () => Promise<boolean>;
}) {
  const t = useText();
  const mine = useAuth('TestSendDialog', (state) => state.user?.email ?? '');
  const [open, setOpen] = useState(false);
  const [typed, setTyped] = useState<string | null>(null);
  const [results, setResults] = useState<TestSendResult['results'] | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [test, { isLoading }] = useTestCampaignMutation();
  const text = typed ?? mine;
  const addresses = [...new Set(text.split(/[\s,;]+/).filter((address) => address !== ''))];
  const problem =
    addresses.length > MAX_ADDRESSES
      ? t('campaigns.test.too-many', { max: MAX_ADDRESSES })
      : addresses.some((address) => !/^[^@\s]+@[^@\s]+$/.test(address))
        ? t('campaigns.test.not-an-address')
        : undefined;

  const send = async () => {
    setResults(null);
    setFailure(null);
    if (!(await beforeTest())) return setFailure(t('campaigns.test.not-saved'));
    const answer = await test({
      id: campaign.documentId,
      data: { to: addresses, language, subscriber: subscriber?.documentId },
    });
    if ('error' in answer) setFailure(errorSentence(answer.error) ?? t('common.error.unreachable'));
    else setResults(answer.data.results);
  };

  return (
    <Modal.Root
      open={open}
      onOpenChange={(next) => {
        setOpen(next);
        setResults(null);
        setFailure(null);
      }}
    >
      <Modal.Trigger>
        <Button size="S" variant="secondary" startIcon={<PaperPlane />}>
          {t('campaigns.test.open')}
        </Button>
      </Modal.Trigger>
      <Modal.Content>
        <Modal.Header closeLabel={t('common.close')}>
          <Modal.Title>{t('campaigns.test.title')}</Modal.Title>
        </Modal.Header>
        <Modal.Body>
          <Field.Root name="to" hint={t('campaigns.test.hint', { max: MAX_ADDRESSES })} error={problem}>
            <Field.Label>{t('campaigns.test.to')}</Field.Label>
            <Textarea
              value={text}
              onChange={(event: React.ChangeEvent<HTMLTextAreaElement>) => setTyped(event.target.value)}
            />
            <Field.Hint />
            <Field.Error />
          </Field.Root>
          <Box paddingTop={4} aria-live="polite">
            {failure && <Typography textColor="danger600">{failure}</Typography>}
            <Flex tag="ul" direction="column" alignItems="stretch" gap={2}>
              {results?.map((result) => (
                <Flex tag="li" key={result.to} gap={2} alignItems="start">
                  <Box paddingTop={1}>
                    {result.ok ? <CheckCircle fill="success600" /> : <CrossCircle fill="danger600" />}
                  </Box>
                  <Typography>
                    <strong>{result.to}</strong>:{' '}
                    {t(result.ok ? 'campaigns.test.accepted' : 'campaigns.test.refused', {
                      reply: result.message,
                    })}
                  </Typography>
                </Flex>
              ))}
            </Flex>
          </Box>
        </Modal.Body>
        <Modal.Footer>
          <Modal.Close>
            <Button variant="tertiary">{t('common.close')}</Button>
          </Modal.Close>
          <Button
            loading={isLoading}
            disabled={addresses.length === 0 || problem !== undefined}
            onClick={() => void send()}
          >
            {t('campaigns.test.send')}
          </Button>
        </Modal.Footer>
      </Modal.Content>
    </Modal.Root>
  );
}
