import { useState } from 'react';
import {
  Box,
  Button,
  Field,
  Flex,
  SingleSelect,
  SingleSelectOption,
  Typography,
} from '@strapi/design-system';
import { useNavigate } from 'react-router-dom';
import { errorSentence } from '../api/client';
import { useDraftEntryMutation, useGetEntryNewslettersQuery } from '../api/rules';
import { useFeedback } from '../components/useFeedback';
import { useText } from '../components/useText';
import { BASE_PATH } from '../pluginId';

const GUESS = 'guess';

interface Props {
  model: string;
  documentId: string;
  locale: string | undefined;
  /** Of the document: draft, modified or published. */
  status: string;
  hasUnsavedChanges: boolean;
}

/** Says what goes into the draft, lets one choose whose mapping is used, and makes it. */
export function SendAsNewsletter({ model, documentId, locale, status, hasUnsavedChanges }: Props) {
  const t = useText();
  const navigate = useNavigate();
  const feedback = useFeedback();
  const { data } = useGetEntryNewslettersQuery({ uid: model, documentId });
  const [draftEntry, { isLoading }] = useDraftEntryMutation();
  const [chosen, setChosen] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const rules = data?.rules ?? [];
  const rule = chosen ?? rules[0]?.documentId ?? GUESS;

  const create = async () => {
    setProblem(null);
    const outcome = await draftEntry({
      uid: model,
      documentId,
      data: { ...(locale ? { locale } : {}), ...(rule === GUESS ? {} : { rule }) },
    });
    if ('error' in outcome) {
      setProblem(errorSentence(outcome.error) ?? t('common.error.unreachable'));
      return;
    }
    feedback.success([t('rules.send-as.done'), ...outcome.data.notes].join(' '));
    navigate(`${BASE_PATH}/campaigns/${outcome.data.campaign}/content`);
  };

  return (
    <Flex direction="column" alignItems="stretch" gap={5}>
      <Typography>
        {t(
          status === 'draft'
            ? 'rules.send-as.from-draft'
            : status === 'modified'
              ? 'rules.send-as.from-modified'
              : 'rules.send-as.from-published',
        )}
      </Typography>
      {hasUnsavedChanges && (
        <Box role="note" padding={4} background="warning100" borderColor="warning200" hasRadius>
          <Typography>{t('rules.send-as.unsaved')}</Typography>
        </Box>
      )}
      {rules.length > 0 && (
        <Field.Root name="rule" hint={t('rules.send-as.rule.hint')}>
          <Field.Label>{t('rules.send-as.rule')}</Field.Label>
          <SingleSelect value={rule} onChange={(id) => setChosen(String(id))}>
            {rules.map(({ documentId: id, name }) => (
              <SingleSelectOption key={id} value={id}>
                {name}
              </SingleSelectOption>
            ))}
            <SingleSelectOption value={GUESS}>{t('rules.send-as.guess')}</SingleSelectOption>
          </SingleSelect>
          <Field.Hint />
        </Field.Root>
      )}
      {problem !== null && (
        <Box role="alert" padding={4} background="danger100" borderColor="danger200" hasRadius>
          <Typography textColor="danger700">{problem}</Typography>
        </Box>
      )}
      <Flex justifyContent="flex-end">
        <Button loading={isLoading} disabled={hasUnsavedChanges} onClick={() => void create()}>
          {t('rules.send-as.create')}
        </Button>
      </Flex>
    </Flex>
  );
}
