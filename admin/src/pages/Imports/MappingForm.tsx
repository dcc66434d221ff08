import { useEffect, useState } from 'react';
import { Alert, Box, Button, Flex, Typography } from '@strapi/design-system';
import { Play, Trash } from '@strapi/icons';
import { useNavigate } from 'react-router-dom';
import type {
  ColumnTarget,
  FileStatus,
  ImportDetail,
  ImportLeftOut,
  ImportPreview,
} from '../../../../shared/contracts';
import { errorSentence } from '../../api/client';
import { useStartImportMutation } from '../../api/imports';
import { Panel } from '../../components/Panel';
import { useText } from '../../components/useText';
import { BASE_PATH } from '../../pluginId';
import { AddressesPanel } from './AddressesPanel';
import { ColumnsTable } from './ColumnsTable';
import { ConsentFields, consentProblem, toConsent, type Consent } from './ConsentFields';
import { DeleteImport } from './DeleteImport';
import { PeopleFields } from './PeopleFields';
import { PreviewTable } from './PreviewTable';
import { ReadingFields } from './ReadingFields';
import { mappingProblem, PRODUCT_NAMES } from './words';

/** Columns, people who are known, consent and lists; then it starts. */
export function MappingForm({ detail, preview }: { detail: ImportDetail; preview: ImportPreview }) {
  const t = useText();
  const navigate = useNavigate();
  const [start, { isLoading }] = useStartImportMutation();
  const [columns, setColumns] = useState<ColumnTarget[]>(preview.suggestion.columns);
  const [status, setStatus] = useState<FileStatus>(preview.suggestion.status);
  const [existing, setExisting] = useState<'update' | 'skip'>('update');
  const [lists, setLists] = useState<string[]>([]);
  const [consent, setConsent] = useState<Consent>({ kind: 'agreed', source: '', isStated: false });
  const [dns, setDns] = useState(false);
  const [leaveOut, setLeaveOut] = useState<ImportLeftOut[]>([]);
  // Who does not ask DNS does not see that choice any more.
  const unwanted = leaveOut.filter((kind) => dns || kind !== 'no-mx');
  const [problem, setProblem] = useState<string | null>(null);
  const [isDeleting, setIsDeleting] = useState(false);
  // What was missing may be there now.
  useEffect(() => setProblem(null), [columns, lists, consent]);
  const hasLists = lists.length > 0 || columns.some(({ to }) => to === 'lists');
  const { product } = detail;

  const submit = async () => {
    const wrong = mappingProblem(columns) ?? consentProblem(consent, hasLists);
    if (wrong) return setProblem(t(wrong));
    setProblem(null);
    const outcome = await start({
      id: detail.id,
      data: { columns, status, existing, lists, consent: toConsent(consent), dns, leaveOut: unwanted },
    });
    if ('error' in outcome) setProblem(errorSentence(outcome.error) ?? t('common.error.unreachable'));
  };

  return (
    <Flex direction="column" alignItems="stretch" gap={6}>
      <Panel title={t('imports.columns.title')}>
        <Flex direction="column" alignItems="stretch" gap={5}>
          {product && (
            <Typography>
              {product === 'newsletter'
                ? t('imports.product.newsletter')
                : t('imports.product', { product: PRODUCT_NAMES[product] })}
            </Typography>
          )}
          <ReadingFields id={detail.id} preview={preview} />
          <ColumnsTable preview={preview} columns={columns} onChange={setColumns} />
          <PreviewTable preview={preview} />
        </Flex>
      </Panel>
      <Panel title={t('imports.people.title')}>
        <PeopleFields
          hasStatus={columns.some(({ to }) => to === 'status')}
          status={status}
          onStatus={setStatus}
          existing={existing}
          onExisting={setExisting}
        />
      </Panel>
      <Panel title={t('imports.consent.title')}>
        <ConsentFields consent={consent} onConsent={setConsent} lists={lists} onLists={setLists} />
      </Panel>
      <AddressesPanel
        id={detail.id}
        columns={columns}
        status={status}
        dns={dns}
        onDns={setDns}
        leaveOut={unwanted}
        onLeaveOut={setLeaveOut}
      />
      {problem !== null && (
        <Alert variant="danger" role="alert" closeLabel={t('common.close')} onClose={() => setProblem(null)}>
          {problem}
        </Alert>
      )}
      <Flex justifyContent="space-between" gap={2} wrap="wrap">
        <Button variant="danger-light" startIcon={<Trash />} onClick={() => setIsDeleting(true)}>
          {t('imports.discard')}
        </Button>
        <Box>
          <Button startIcon={<Play />} size="L" loading={isLoading} onClick={() => void submit()}>
            {t('imports.start')}
          </Button>
        </Box>
      </Flex>
      {isDeleting && (
        <DeleteImport
          import={detail}
          onClose={() => setIsDeleting(false)}
          onDeleted={() => void navigate(`${BASE_PATH}/imports`)}
        />
      )}
    </Flex>
  );
}
