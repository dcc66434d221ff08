import { useState } from 'react';
import { Field, SingleSelect, SingleSelectOption, TextInput, Typography } from '@strapi/design-system';
import type {
  HygieneAct,
  HygieneActionName,
  HygieneKind,
  HygieneRunDto,
} from '../../../../../shared/contracts';
import { useGetAllListsQuery } from '../../../api/campaigns';
import { errorSentence } from '../../../api/client';
import { useActOnFindingsMutation } from '../../../api/hygiene';
import { useGetSettingsQuery } from '../../../api/settings';
import { FormModal } from '../../../components/FormModal';
import { useFormat } from '../../../components/useFormat';
import { useText } from '../../../components/useText';
import { useCan } from '../../../permissions';

/** Without the right to read settings: the threshold that a fresh installation has. */
const DEFAULT_UNUSUAL = 10_000;

/** Says for how many people what would be done; asks to type the number when it is unusual. */
export function ActDialog({
  check,
  kind,
  action,
  onClose,
}: {
  check: HygieneRunDto;
  kind: HygieneKind;
  action: HygieneActionName;
  onClose: () => void;
}) {
  const t = useText();
  const format = useFormat();
  const { can } = useCan();
  const { data: lists } = useGetAllListsQuery(undefined, { skip: action !== 'remove-from-list' });
  const { data: settings } = useGetSettingsQuery(undefined, { skip: !can.settingsRead });
  const [act, { isLoading }] = useActOnFindingsMutation();
  const [list, setList] = useState(check.scope.kind === 'list' ? check.scope.id : '');
  const [name, setName] = useState(
    t(kind === 'inactive' ? 'hygiene.segment.inactive' : `hygiene.kind.${kind}`),
  );
  const [typed, setTyped] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const count = check.counts[kind].open;
  const unusual = count > (settings?.thresholds.unusualAudience ?? DEFAULT_UNUSUAL);

  const submit = async () => {
    if (action === 'remove-from-list' && list === '') return setProblem(t('hygiene.act.error.list'));
    if (action === 'tag' && name.trim() === '') return setProblem(t('hygiene.act.error.name'));
    if (unusual && Number(typed.replace(/[^\d]/g, '')) !== count)
      return setProblem(t('hygiene.act.error.count', { count: format.number(count) }));
    const outcome = await act({ id: check.id, data: { kind, count, action: chosen() } });
    if ('error' in outcome) return setProblem(errorSentence(outcome.error) ?? t('common.error.unreachable'));
    onClose();
  };
  const chosen = (): HygieneAct['action'] => {
    if (action === 'remove-from-list') return { do: action, list };
    if (action === 'tag') return { do: action, name: name.trim(), label: t(`hygiene.tag.${kind}`) };
    return { do: action };
  };

  return (
    <FormModal
      title={t(`hygiene.action.${action}`, { count })}
      submitLabel={t('hygiene.act.submit', { count })}
      isSaving={isLoading}
      problem={problem}
      onProblemClose={() => setProblem(null)}
      onSubmit={submit}
      onClose={onClose}
    >
      <Typography tag="p">{t(`hygiene.act.${action}`, { count })}</Typography>
      {action === 'remove-from-list' && (
        <Field.Root name="list">
          <Field.Label>{t('hygiene.act.list')}</Field.Label>
          <SingleSelect value={list} onChange={(value) => setList(String(value))}>
            {(lists ?? []).map((one) => (
              <SingleSelectOption key={one.documentId} value={one.documentId}>
                {one.name}
              </SingleSelectOption>
            ))}
          </SingleSelect>
        </Field.Root>
      )}
      {action === 'tag' && (
        <Field.Root name="name" hint={t('hygiene.act.name.hint')}>
          <Field.Label>{t('hygiene.act.name')}</Field.Label>
          <TextInput
            value={name}
            onChange={(event: React.ChangeEvent<HTMLInputElement>) => setName(event.target.value)}
          />
          <Field.Hint />
        </Field.Root>
      )}
      {unusual && (
        <Field.Root name="count" hint={t('campaigns.confirm.unusual.hint', { count: format.number(count) })}>
          <Field.Label>{t('hygiene.act.type-count')}</Field.Label>
          <TextInput
            inputMode="numeric"
            autoComplete="off"
            value={typed}
            onChange={(event: React.ChangeEvent<HTMLInputElement>) => setTyped(event.target.value)}
          />
          <Field.Hint />
        </Field.Root>
      )}
    </FormModal>
  );
}
