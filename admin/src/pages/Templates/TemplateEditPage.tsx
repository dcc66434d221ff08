import { useEffect, useId, useState } from 'react';
import { Box, Button, Checkbox, Field, Flex, Grid, TextInput, Typography } from '@strapi/design-system';
import { Check } from '@strapi/icons';
import { BackButton, Layouts, Page } from '@strapi/strapi/admin';
import { useNavigate, useParams } from 'react-router-dom';
import type { TemplateDto } from '../../../../shared/contracts';
import {
  useCreateTemplateMutation,
  useGetTemplateQuery,
  useUpdateTemplateMutation,
} from '../../api/templates';
import { errorSentence } from '../../api/client';
import { ErrorState } from '../../components/ErrorState';
import { UnsavedGuard } from '../../components/UnsavedGuard';
import { useFeedback } from '../../components/useFeedback';
import { useText } from '../../components/useText';
import { permissionsFor, useCan } from '../../permissions';
import { BASE_PATH } from '../../pluginId';
import { HtmlEditor } from './HtmlEditor';
import { STARTER_HTML } from './starter';
import { TemplatePreview } from './TemplatePreview';
import { VariablesHelp } from './VariablesHelp';

const ROOT = `${BASE_PATH}/templates`;

/** `/templates/new` and `/templates/:id`. */
export default function TemplateEditPage() {
  const t = useText();
  const { id = 'new' } = useParams();
  return (
    <Page.Protect permissions={permissionsFor('templatesRead')}>
      <Page.Title>{t('templates.edit.title')}</Page.Title>
      {id === 'new' ? <Editor key="new" template={null} /> : <Loaded key={id} id={id} />}
    </Page.Protect>
  );
}

function Loaded({ id }: { id: string }) {
  const t = useText();
  const { data, isLoading, error, refetch } = useGetTemplateQuery(id);
  if (isLoading) return <Page.Loading />;
  if (data === undefined)
    return (
      <Page.Main>
        <Layouts.Header title={t('templates.edit.title')} navigationAction={<BackButton fallback={ROOT} />} />
        <Layouts.Content>
          <ErrorState error={error} onRetry={() => void refetch()} />
        </Layouts.Content>
      </Page.Main>
    );
  return <Editor template={data} />;
}

interface Values {
  name: string;
  html: string;
  isDefault: boolean;
}

const valuesOf = (template: TemplateDto | null): Values => ({
  name: template?.name ?? '',
  html: template?.html ?? STARTER_HTML,
  isDefault: template?.isDefault ?? false,
});

function Editor({ template }: { template: TemplateDto | null }) {
  const t = useText();
  const { can } = useCan();
  const navigate = useNavigate();
  const feedback = useFeedback();
  const errorId = useId();
  const [create, creating] = useCreateTemplateMutation();
  const [update, updating] = useUpdateTemplateMutation();
  const [saved, setSaved] = useState(() => valuesOf(template));
  const [values, setValues] = useState(saved);
  const [nameError, setNameError] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const isDirty = JSON.stringify(values) !== JSON.stringify(saved);
  const set = (patch: Partial<Values>) => setValues((before) => ({ ...before, ...patch }));

  // A new template moves to its own address once it is saved and nothing blocks the way any more.
  const [createdId, setCreatedId] = useState<string | null>(null);
  useEffect(() => {
    if (createdId !== null && !isDirty) navigate(`${ROOT}/${createdId}`, { replace: true });
  }, [createdId, isDirty, navigate]);

  const save = async () => {
    const name = values.name.trim();
    setNameError(name === '');
    setProblem(null);
    if (name === '') return;
    const data = { ...values, name };
    const outcome = template === null ? await create(data) : await update({ id: template.documentId, data });
    if ('error' in outcome) {
      setProblem(errorSentence(outcome.error) ?? t('common.error.unreachable'));
      return;
    }
    setSaved(data);
    setValues((now) => ({ ...now, name }));
    feedback.success(t('templates.done.save', { name }));
    if (template === null) setCreatedId(outcome.data.documentId);
  };

  return (
    <Page.Main>
      <Layouts.Header
        title={template === null ? t('templates.create') : template.name}
        navigationAction={<BackButton fallback={ROOT} />}
        primaryAction={
          can.templatesEdit && (
            <Button
              startIcon={<Check />}
              disabled={!isDirty && template !== null}
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
              <Typography textColor="danger700" style={{ whiteSpace: 'pre-line' }}>
                {problem}
              </Typography>
            </Box>
          )}
          <Flex gap={6} alignItems="flex-end" wrap="wrap">
            <Box style={{ flex: '1 1 30rem' }}>
              <Field.Root name="name" required error={nameError && t('templates.error.name')}>
                <Field.Label>{t('templates.column.name')}</Field.Label>
                <TextInput
                  value={values.name}
                  maxLength={200}
                  disabled={!can.templatesEdit}
                  onChange={(event) => set({ name: event.target.value })}
                />
                <Field.Error />
              </Field.Root>
            </Box>
            <Box paddingBottom={2}>
              <Checkbox
                checked={values.isDefault}
                disabled={!can.templatesEdit}
                onCheckedChange={(state) => set({ isDefault: state === true })}
              >
                {t('templates.field.default')}
              </Checkbox>
            </Box>
          </Flex>
          <Grid.Root gap={6}>
            <Grid.Item col={6} s={12} xs={12} direction="column" alignItems="stretch">
              <Flex direction="column" alignItems="stretch" gap={3}>
                <Typography variant="delta" tag="h2">
                  {t('templates.source')}
                </Typography>
                <Typography textColor="neutral600">
                  {t('templates.source.hint', { slot: '{{{content}}}' })}
                </Typography>
                <HtmlEditor
                  label={t('templates.source')}
                  describedBy={errorId}
                  value={values.html}
                  isReadOnly={!can.templatesEdit}
                  onChange={(html) => set({ html })}
                />
              </Flex>
            </Grid.Item>
            <Grid.Item col={6} s={12} xs={12} direction="column" alignItems="stretch">
              <TemplatePreview html={values.html} errorId={errorId} />
            </Grid.Item>
          </Grid.Root>
          <VariablesHelp />
        </Flex>
      </Layouts.Content>
      <UnsavedGuard isDirty={isDirty && can.templatesEdit} />
    </Page.Main>
  );
}
