import { useState } from 'react';
import { Checkbox, Field, SingleSelect, SingleSelectOption } from '@strapi/design-system';
import { useNavigate } from 'react-router-dom';
import type { HygieneStart } from '../../../../../shared/contracts';
import { useGetAllListsQuery } from '../../../api/campaigns';
import { errorSentence } from '../../../api/client';
import { useStartCheckMutation } from '../../../api/hygiene';
import { useGetSegmentsQuery } from '../../../api/segments';
import { FormModal } from '../../../components/FormModal';
import { useText } from '../../../components/useText';
import { useCan } from '../../../permissions';
import { BASE_PATH } from '../../../pluginId';

const EVERYBODY = 'all';

interface Props {
  /** The import whose people are looked at; without it, whom to look at is chosen. */
  file?: { id: string; fileName: string };
  onClose: () => void;
}

/** Chooses whom to look at, and leads to the check. */
export function StartCheckDialog({ file, onClose }: Props) {
  const t = useText();
  const { can } = useCan();
  const navigate = useNavigate();
  const { data: lists } = useGetAllListsQuery(undefined, { skip: file !== undefined || !can.listsRead });
  const { data: segments } = useGetSegmentsQuery(
    { page: 1, pageSize: 100 },
    { skip: file !== undefined || !can.segmentsRead },
  );
  const [start, { isLoading }] = useStartCheckMutation();
  const [scope, setScope] = useState(file ? `import ${file.id}` : EVERYBODY);
  const [dns, setDns] = useState(true);
  const [problem, setProblem] = useState<string | null>(null);

  const submit = async () => {
    const outcome = await start({ scope: scopeOf(scope), dns });
    if ('error' in outcome) return setProblem(errorSentence(outcome.error) ?? t('common.error.unreachable'));
    void navigate(`${BASE_PATH}/deliverability/hygiene/${outcome.data.id}`);
  };

  return (
    <FormModal
      title={t('hygiene.start')}
      submitLabel={t('hygiene.start.submit')}
      isSaving={isLoading}
      problem={problem}
      onProblemClose={() => setProblem(null)}
      onSubmit={submit}
      onClose={onClose}
    >
      <Field.Root name="scope" hint={t('hygiene.start.scope.hint')}>
        <Field.Label>{t('hygiene.start.scope')}</Field.Label>
        <SingleSelect
          value={scope}
          disabled={file !== undefined}
          onChange={(value) => setScope(String(value))}
        >
          {file ? (
            <SingleSelectOption value={scope}>
              {t('hygiene.scope.import', { name: file.fileName })}
            </SingleSelectOption>
          ) : (
            <SingleSelectOption value={EVERYBODY}>{t('hygiene.scope.all', { name: '' })}</SingleSelectOption>
          )}
          {(lists ?? []).map(({ documentId, name }) => (
            <SingleSelectOption key={documentId} value={`list ${documentId}`}>
              {t('hygiene.scope.list', { name })}
            </SingleSelectOption>
          ))}
          {(segments?.results ?? []).map(({ documentId, name }) => (
            <SingleSelectOption key={documentId} value={`segment ${documentId}`}>
              {t('hygiene.scope.segment', { name })}
            </SingleSelectOption>
          ))}
        </SingleSelect>
        <Field.Hint />
      </Field.Root>
      <Field.Root name="dns" hint={t('hygiene.start.dns.hint')}>
        <Checkbox checked={dns} onCheckedChange={(checked: boolean) => setDns(checked)}>
          {t('hygiene.start.dns')}
        </Checkbox>
        <Field.Hint />
      </Field.Root>
    </FormModal>
  );
}

function scopeOf(value: string): HygieneStart['scope'] {
  const [kind, id = ''] = value.split(' ');
  return kind === 'list' || kind === 'segment' || kind === 'import' ? { kind, id } : { kind: 'all' };
}
