import { useState } from 'react';
import { Box, Combobox, ComboboxOption, Field, Flex, Typography } from '@strapi/design-system';
import { useDebounce } from '@strapi/strapi/admin';
import type { RuleFields, RulePreviewDto } from '../../../../../shared/contracts';
import { errorSentence } from '../../../api/client';
import { usePreviewRuleQuery, useSearchEntriesQuery, type PickableEntry } from '../../../api/rules';
import { Panel } from '../../../components/Panel';
import { useText } from '../../../components/useText';
import type { RuleContentType } from './parts';

/** The mail that a chosen entry, or the one published last, would become by the rule as it is on the screen. */
export function RulePreview({ values, type }: { values: RuleFields; type: RuleContentType }) {
  const t = useText();
  const [entry, setEntry] = useState<PickableEntry | null>(null);
  // A name is asked for when saving; the preview does not need one.
  const rule = useDebounce(JSON.stringify({ ...values, name: values.name.trim() || '–' }), 500);
  const { data, error, isFetching } = usePreviewRuleQuery({
    rule: JSON.parse(rule) as RuleFields,
    documentId: entry?.documentId,
    locale: entry?.locale ?? undefined,
  });
  const failure = error === undefined ? null : (errorSentence(error) ?? t('common.error.unreachable'));
  return (
    <Panel title={t('rules.preview')}>
      <Flex direction="column" alignItems="stretch" gap={4} aria-busy={isFetching}>
        <EntryPicker type={type} value={entry} onChange={setEntry} />
        <div role="status">
          {failure !== null && (
            <Box padding={4} background="danger100" borderColor="danger200" hasRadius>
              <Typography textColor="danger700">{failure}</Typography>
            </Box>
          )}
          {failure === null && data && <Verdict preview={data} />}
        </div>
        {failure === null && data?.entry && <Mail preview={data} />}
      </Flex>
    </Panel>
  );
}

function Verdict({ preview }: { preview: RulePreviewDto }) {
  const t = useText();
  if (preview.entry === null)
    return <Typography textColor="neutral600">{t('rules.preview.nothing')}</Typography>;
  return (
    <Flex direction="column" alignItems="flex-start" gap={1}>
      <Typography fontWeight="semiBold" textColor={preview.matches ? 'success700' : 'neutral800'}>
        {t(preview.matches ? 'rules.preview.matches' : 'rules.preview.no-match', {
          title: preview.entry.title,
        })}
      </Typography>
      {preview.notes.length > 0 && (
        <ul>
          {preview.notes.map((note) => (
            <Typography key={note} tag="li" variant="pi" textColor="neutral700">
              {note}
            </Typography>
          ))}
        </ul>
      )}
    </Flex>
  );
}

function Mail({ preview }: { preview: RulePreviewDto }) {
  const t = useText();
  const lines = [
    [t('rules.field.subject'), preview.subject],
    [t('rules.field.preheader'), preview.preheader],
  ] as const;
  return (
    <>
      <Box tag="dl">
        {lines.map(([label, text]) => (
          <Box key={label} paddingBottom={2}>
            <Typography tag="dt" variant="pi" textColor="neutral600">
              {label}
            </Typography>
            <Typography tag="dd" fontWeight="semiBold" lang={preview.language}>
              {text || '–'}
            </Typography>
          </Box>
        ))}
      </Box>
      {preview.html !== '' && (
        <Box background="neutral150" hasRadius padding={2}>
          <iframe
            title={t('rules.preview')}
            sandbox=""
            srcDoc={preview.html}
            style={{ width: '100%', height: '42rem', border: 0, background: '#ffffff' }}
          />
        </Box>
      )}
    </>
  );
}

function EntryPicker({
  type,
  value,
  onChange,
}: {
  type: RuleContentType;
  value: PickableEntry | null;
  onChange: (entry: PickableEntry | null) => void;
}) {
  const t = useText();
  const [typed, setTyped] = useState('');
  const search = useDebounce(typed, 300);
  const titleField = /entry\.([\w-]+)/.exec(type.suggested.subject)?.[1] ?? 'documentId';
  const { data, isFetching, error } = useSearchEntriesQuery({ uid: type.uid, search, titleField });
  if (error !== undefined) return null;
  const found = data ?? [];
  const options =
    value && !found.some(({ documentId }) => documentId === value.documentId) ? [value, ...found] : found;
  return (
    <Field.Root name="preview-entry" width="100%">
      <Field.Label>{t('rules.preview.entry')}</Field.Label>
      <Combobox
        size="S"
        autocomplete="none"
        placeholder={t('rules.preview.newest')}
        value={value?.documentId ?? ''}
        loading={isFetching}
        loadingMessage={t('common.loading')}
        clearLabel={t('audience.clear')}
        noOptionsMessage={() => t('common.search.nothing')}
        onInputChange={(event) => setTyped(event.target.value)}
        onClear={() => {
          setTyped('');
          onChange(null);
        }}
        onChange={(id) => onChange(options.find(({ documentId }) => documentId === id) ?? value)}
      >
        {options.map(({ documentId, title }) => (
          <ComboboxOption key={documentId} value={documentId}>
            {title}
          </ComboboxOption>
        ))}
      </Combobox>
    </Field.Root>
  );
}
