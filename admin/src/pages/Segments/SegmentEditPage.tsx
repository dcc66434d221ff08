import { useEffect, useState } from 'react';
import { Box, Button, Field, Flex, Grid, Textarea, TextInput, Typography } from '@strapi/design-system';
import { Check, WarningCircle } from '@strapi/icons';
import { BackButton, Layouts, Page } from '@strapi/strapi/admin';
import { useBlocker, useNavigate, useParams } from 'react-router-dom';
import type { SegmentDto, SegmentFields } from '../../../../shared/contracts';
import { errorSentence } from '../../api/client';
import {
  useCreateSegmentMutation,
  useGetSegmentFieldsQuery,
  useGetSegmentQuery,
  useUpdateSegmentMutation,
} from '../../api/segments';
import { ConfirmAction } from '../../components/ConfirmAction';
import { ErrorState } from '../../components/ErrorState';
import { Panel } from '../../components/Panel';
import { useFeedback } from '../../components/useFeedback';
import { useText } from '../../components/useText';
import { permissionsFor, useCan } from '../../permissions';
import { BASE_PATH } from '../../pluginId';
import { SegmentBuilder } from './builder/SegmentBuilder';
import { countIncomplete, fromQuery, toQuery, type QueryGroup } from './builder/tree';
import { CountPanel } from './CountPanel';
import { Problems } from './Problems';

const ROOT = `${BASE_PATH}/segments`;

/** `/segments/new` and `/segments/:id`. */
export default function SegmentEditPage() {
  const t = useText();
  const { id = 'new' } = useParams();
  return (
    <Page.Protect permissions={permissionsFor('segmentsRead')}>
      <Page.Title>{t('segments.edit.title')}</Page.Title>
      <Loaded key={id} id={id === 'new' ? null : id} />
    </Page.Protect>
  );
}

function Loaded({ id }: { id: string | null }) {
  const t = useText();
  const segment = useGetSegmentQuery(id ?? '', { skip: id === null });
  const fields = useGetSegmentFieldsQuery();
  const error = segment.error ?? fields.error;
  if (error !== undefined)
    return (
      <Page.Main>
        <Layouts.Header title={t('segments.edit.title')} navigationAction={<BackButton fallback={ROOT} />} />
        <Layouts.Content>
          <ErrorState
            error={error}
            onRetry={() => {
              if (segment.error !== undefined) void segment.refetch();
              if (fields.error !== undefined) void fields.refetch();
            }}
          />
        </Layouts.Content>
      </Page.Main>
    );
  if (fields.data === undefined || (id !== null && segment.data === undefined)) return <Page.Loading />;
  return <Editor segment={segment.data ?? null} known={fields.data} />;
}

interface Values {
  name: string;
  description: string;
  query: QueryGroup;
}

/** Who can be mailed: what most segments begin with. */
const FIRST: QueryGroup = {
  combinator: 'and',
  not: false,
  rules: [{ field: 'status', operator: 'oneOf', value: ['subscribed'] }],
};

const valuesOf = (segment: SegmentDto | null): Values => ({
  name: segment?.name ?? '',
  description: segment?.description ?? '',
  query: segment?.rules ? toQuery(segment.rules) : FIRST,
});

/** What would be saved, to be compared: the builder gives its rules ids of their own. */
const contentOf = ({ name, description, query }: Values) =>
  JSON.stringify([name, description, fromQuery(query) ?? query]);

function Editor({ segment, known }: { segment: SegmentDto | null; known: SegmentFields }) {
  const t = useText();
  const { can } = useCan();
  const navigate = useNavigate();
  const feedback = useFeedback();
  const [create, creating] = useCreateSegmentMutation();
  const [update, updating] = useUpdateSegmentMutation();
  const [values, setValues] = useState(() => valuesOf(segment));
  const [saved, setSaved] = useState(() => contentOf(values));
  const [wasSubmitted, setWasSubmitted] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const set = (patch: Partial<Values>) => setValues((before) => ({ ...before, ...patch }));
  const rules = fromQuery(values.query);
  const isDirty = contentOf(values) !== saved;
  const nameError = wasSubmitted && values.name.trim() === '';

  // A new segment moves to its own address once it is saved and nothing blocks the way any more.
  const [createdId, setCreatedId] = useState<string | null>(null);
  useEffect(() => {
    if (createdId !== null && !isDirty) navigate(`${ROOT}/${createdId}`, { replace: true });
  }, [createdId, isDirty, navigate]);

  const save = async () => {
    setWasSubmitted(true);
    setProblem(null);
    const name = values.name.trim();
    if (name === '') return;
    if (rules === null) {
      setProblem(t('segments.rules.missing'));
      return;
    }
    const data = { name, description: values.description.trim() || null, rules };
    const outcome = segment === null ? await create(data) : await update({ id: segment.documentId, data });
    if ('error' in outcome) {
      setProblem(errorSentence(outcome.error) ?? t('common.error.unreachable'));
      return;
    }
    set({ name });
    setSaved(contentOf({ ...values, name }));
    setWasSubmitted(false);
    feedback.success(t('segments.done.save', { name }));
    if (segment === null) setCreatedId(outcome.data.documentId);
  };

  return (
    <Page.Main>
      <Layouts.Header
        title={segment === null ? t('segments.create') : segment.name}
        navigationAction={<BackButton fallback={ROOT} />}
        primaryAction={
          can.segmentsEdit && (
            <Button
              startIcon={<Check />}
              disabled={!isDirty && segment !== null}
              loading={creating.isLoading || updating.isLoading}
              onClick={() => void save()}
            >
              {t('audience.save')}
            </Button>
          )
        }
      />
      <Layouts.Content>
        <Flex direction="column" alignItems="stretch" gap={6}>
          {problem !== null && (
            <Box role="alert" padding={4} background="danger100" borderColor="danger200" hasRadius>
              <Typography textColor="danger700">{problem}</Typography>
            </Box>
          )}
          <Problems problems={segment?.problems ?? []} />
          <Grid.Root gap={6}>
            <Grid.Item col={6} s={12} direction="column" alignItems="stretch">
              <Field.Root name="name" required error={nameError && t('segments.error.name')}>
                <Field.Label>{t('segments.field.name')}</Field.Label>
                <TextInput
                  value={values.name}
                  maxLength={200}
                  disabled={!can.segmentsEdit}
                  onChange={(event) => set({ name: event.target.value })}
                />
                <Field.Error />
              </Field.Root>
            </Grid.Item>
            <Grid.Item col={6} s={12} direction="column" alignItems="stretch">
              <Field.Root name="description" hint={t('segments.field.description.hint')}>
                <Field.Label>{t('segments.field.description')}</Field.Label>
                <Textarea
                  value={values.description}
                  maxLength={2000}
                  disabled={!can.segmentsEdit}
                  onChange={(event) => set({ description: event.target.value })}
                />
                <Field.Hint />
              </Field.Root>
            </Grid.Item>
            <Grid.Item col={9} s={12} direction="column" alignItems="stretch">
              <Panel title={t('segments.rules')}>
                <SegmentBuilder
                  query={values.query}
                  onChange={(query) => set({ query })}
                  known={known}
                  showMissing={wasSubmitted}
                  disabled={!can.segmentsEdit}
                />
              </Panel>
            </Grid.Item>
            <Grid.Item col={3} s={12} direction="column" alignItems="stretch">
              {can.segmentsEdit && (
                <CountPanel
                  rules={rules}
                  incomplete={countIncomplete(values.query)}
                  peopleOf={segment !== null && !isDirty && can.subscribersRead ? segment.documentId : null}
                />
              )}
            </Grid.Item>
          </Grid.Root>
        </Flex>
      </Layouts.Content>
      <LeaveGuard isDirty={isDirty} />
    </Page.Main>
  );
}

/** Asks before unsaved changes are lost: within the panel and when the window is closed. */
function LeaveGuard({ isDirty }: { isDirty: boolean }) {
  const t = useText();
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) => isDirty && currentLocation.pathname !== nextLocation.pathname,
  );
  useEffect(() => {
    if (!isDirty) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', warn);
    return () => window.removeEventListener('beforeunload', warn);
  }, [isDirty]);
  return (
    <ConfirmAction
      open={blocker.state === 'blocked'}
      onOpenChange={(open) => {
        if (!open) blocker.reset?.();
      }}
      title={t('audience.unsaved.title')}
      icon={<WarningCircle />}
      confirmLabel={t('audience.unsaved.leave')}
      onConfirm={() => {
        blocker.proceed?.();
        return Promise.resolve(false);
      }}
    >
      <Typography textAlign="center">{t('audience.unsaved')}</Typography>
    </ConfirmAction>
  );
}
