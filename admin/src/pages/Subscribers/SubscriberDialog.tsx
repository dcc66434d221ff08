import { useState } from 'react';
import { Field, Grid, TextInput } from '@strapi/design-system';
import { emailKey } from '../../../../shared/address';
import type { AttributeDeclaration, SubscriberDto, SubscriberInput } from '../../../../shared/contracts';
import { errorSentence } from '../../api/client';
import { useGetAttributesQuery } from '../../api/attributes';
import { useGetAllListsQuery } from '../../api/campaigns';
import { useCreateSubscriberMutation, useUpdateSubscriberMutation } from '../../api/subscribers';
import { FormModal } from '../../components/FormModal';
import { useFeedback } from '../../components/useFeedback';
import { useText } from '../../components/useText';
import { AttributesField } from './AttributesField';
import {
  fromDeclared,
  fromRows,
  toDeclared,
  toRows,
  type AttributeRow,
  type DeclaredValues,
} from './attributes';
import { DeclaredFields } from './DeclaredFields';
import { ConsentField, LanguageField, ListsField, TimezoneField } from './SubscriberFields';

interface Props {
  /** Null: a new person. */
  person: SubscriberDto | null;
  onClose: () => void;
  onDone: () => void;
}

interface Values {
  email: string;
  firstName: string;
  lastName: string;
  language: string;
  timezone: string;
  lists: string[];
  declared: DeclaredValues;
  attributes: AttributeRow[];
  consent: boolean;
}

const valuesOf = (person: SubscriberDto | null, declared: readonly AttributeDeclaration[]): Values => ({
  email: person?.email ?? '',
  firstName: person?.firstName ?? '',
  lastName: person?.lastName ?? '',
  language: person?.language ?? '',
  timezone: person?.timezone ?? '',
  lists: (person?.lists ?? [])
    .filter((entry) => entry.status !== 'unsubscribed')
    .map((entry) => entry.list.documentId),
  declared: toDeclared(person?.attributes ?? {}, declared),
  attributes: toRows(person?.attributes ?? {}, declared),
  consent: false,
});

const sameSet = (a: string[], b: string[]) => a.length === b.length && a.every((id) => b.includes(id));

/** Adds or edits one person. */
export function SubscriberDialog(props: Props) {
  const { data, isLoading } = useGetAttributesQuery('subscribers');
  // The form begins with the declarations: what it holds is laid out by them. Without them, all are as if undeclared.
  return isLoading ? null : <PersonForm {...props} declarations={data ?? []} />;
}

interface FormProps extends Props {
  declarations: readonly AttributeDeclaration[];
}

function PersonForm({ person, declarations, onClose, onDone }: FormProps) {
  const t = useText();
  const feedback = useFeedback();
  const { data: lists } = useGetAllListsQuery();
  const [create, creating] = useCreateSubscriberMutation();
  const [update, updating] = useUpdateSubscriberMutation();
  // Those with which the form began, whatever others declare meanwhile.
  const [declared] = useState(declarations);
  const [initial] = useState(() => valuesOf(person, declared));
  const [values, setValues] = useState(initial);
  const [wrong, setWrong] = useState<string[]>([]);
  const [emailError, setEmailError] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const set = (patch: Partial<Values>) => setValues((before) => ({ ...before, ...patch }));

  const submit = async () => {
    const result = fromRows(values.attributes, declared);
    const said = fromDeclared(values.declared, declared);
    const badEmail = emailKey(values.email.trim()) === null;
    setEmailError(badEmail);
    if ('rows' in result) set({ attributes: result.rows });
    setWrong('wrong' in said ? said.wrong : []);
    if (badEmail || 'rows' in result || 'wrong' in said) return;
    const data: SubscriberInput = {
      email: values.email.trim(),
      firstName: values.firstName.trim() || null,
      lastName: values.lastName.trim() || null,
      language: values.language || null,
      timezone: values.timezone || null,
      attributes: { ...said.attributes, ...result.attributes },
      // Unchanged lists are left out: the server refuses to set the lists of somebody who left.
      ...(person !== null && sameSet(values.lists, initial.lists) ? {} : { lists: values.lists }),
      ...(person === null && values.consent ? { consent: true as const } : {}),
    };
    const outcome = person === null ? await create(data) : await update({ id: person.documentId, data });
    if ('error' in outcome) {
      setProblem(errorSentence(outcome.error) ?? t('common.error.unreachable'));
      return;
    }
    const done = person === null ? 'subscribers.done.add' : 'subscribers.done.edit';
    feedback.success(t(done, { email: data.email }));
    onDone();
  };

  return (
    <FormModal
      title={t(person === null ? 'subscribers.add.title' : 'subscribers.edit.title')}
      submitLabel={t(person === null ? 'subscribers.add.button' : 'audience.save')}
      isSaving={creating.isLoading || updating.isLoading}
      problem={problem}
      onProblemClose={() => setProblem(null)}
      onSubmit={submit}
      onClose={onClose}
    >
      <Field.Root name="email" required error={emailError && t('subscribers.error.email')}>
        <Field.Label>{t('subscribers.field.email')}</Field.Label>
        <TextInput
          type="email"
          autoComplete="off"
          value={values.email}
          onChange={(event) => set({ email: event.target.value })}
        />
        <Field.Error />
      </Field.Root>
      <Grid.Root gap={5}>
        <Grid.Item col={6} xs={12} direction="column" alignItems="stretch">
          <Field.Root name="firstName">
            <Field.Label>{t('subscribers.field.first-name')}</Field.Label>
            <TextInput
              value={values.firstName}
              onChange={(event) => set({ firstName: event.target.value })}
            />
          </Field.Root>
        </Grid.Item>
        <Grid.Item col={6} xs={12} direction="column" alignItems="stretch">
          <Field.Root name="lastName">
            <Field.Label>{t('subscribers.field.last-name')}</Field.Label>
            <TextInput value={values.lastName} onChange={(event) => set({ lastName: event.target.value })} />
          </Field.Root>
        </Grid.Item>
        <Grid.Item col={6} xs={12} direction="column" alignItems="stretch">
          <LanguageField value={values.language} onChange={(language) => set({ language })} />
        </Grid.Item>
        <Grid.Item col={6} xs={12} direction="column" alignItems="stretch">
          <TimezoneField value={values.timezone} onChange={(timezone) => set({ timezone })} />
        </Grid.Item>
      </Grid.Root>
      <ListsField lists={lists ?? []} value={values.lists} onChange={(chosen) => set({ lists: chosen })} />
      {declared.length > 0 && (
        <DeclaredFields
          declared={declared}
          values={values.declared}
          wrong={wrong}
          onChange={(next) => set({ declared: next })}
        />
      )}
      <AttributesField
        rows={values.attributes}
        areFurther={declared.length > 0}
        onChange={(attributes) => set({ attributes })}
      />
      {person === null && <ConsentField checked={values.consent} onChange={(consent) => set({ consent })} />}
    </FormModal>
  );
}
