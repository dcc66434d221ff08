import { useEffect, useState } from 'react';
import { Box, Button, Checkbox, Flex, Grid, Typography } from '@strapi/design-system';
import { Check } from '@strapi/icons';
import { BackButton, Layouts, Page } from '@strapi/strapi/admin';
import { useNavigate, useParams } from 'react-router-dom';
import type { RuleContentTypes, RuleDto, RuleFields } from '../../../../shared/contracts';
import { useGetAllListsQuery } from '../../api/campaigns';
import { errorSentence } from '../../api/client';
import {
  useCreateRuleMutation,
  useGetRuleContentTypesQuery,
  useGetRuleQuery,
  useUpdateRuleMutation,
} from '../../api/rules';
import { ErrorState } from '../../components/ErrorState';
import { Notice } from '../../components/Notice';
import { UnsavedGuard } from '../../components/UnsavedGuard';
import { useFeedback } from '../../components/useFeedback';
import { useText } from '../../components/useText';
import { permissionsFor, useCan } from '../../permissions';
import { BASE_PATH } from '../../pluginId';
import { ActionFields } from './editor/ActionFields';
import { AudienceFields } from './editor/AudienceFields';
import { inputOf, newRule, problemsOf } from './editor/fields';
import { MappingFields } from './editor/MappingFields';
import { RulePreview } from './editor/RulePreview';
import { SourceFields } from './editor/SourceFields';

const ROOT = `${BASE_PATH}/rules`;

/** `/rules/new` and `/rules/:id`. */
export default function RulePage() {
  const t = useText();
  const { id = 'new' } = useParams();
  return (
    <Page.Protect permissions={permissionsFor('rulesRead')}>
      <Page.Title>{t('rules.title')}</Page.Title>
      <Loaded key={id} id={id} />
    </Page.Protect>
  );
}

function Loaded({ id }: { id: string }) {
  const t = useText();
  const isNew = id === 'new';
  const rule = useGetRuleQuery(id, { skip: isNew, refetchOnMountOrArgChange: true });
  const types = useGetRuleContentTypesQuery();
  const { can, isLoading } = useCan();
  const lists = useGetAllListsQuery(undefined, { skip: !isNew || !can.listsRead });
  const error = rule.error ?? types.error;
  if (error !== undefined)
    return (
      <Page.Main>
        <Layouts.Header title={t('rules.title')} navigationAction={<BackButton fallback={ROOT} />} />
        <Layouts.Content>
          <ErrorState
            error={error}
            onRetry={() => {
              if (!isNew) void rule.refetch();
              void types.refetch();
            }}
          />
        </Layouts.Content>
      </Page.Main>
    );
  if (!types.data || (!isNew && !rule.data) || isLoading || lists.isLoading)
    return <Page.Loading>{t('common.loading')}</Page.Loading>;
  const byDefault =
    lists.data?.filter(({ isDefault }) => isDefault).map(({ documentId }) => documentId) ?? [];
  return <Editor rule={rule.data ?? null} types={types.data} defaultLists={byDefault} />;
}

function Editor({
  rule,
  types,
  defaultLists,
}: {
  rule: RuleDto | null;
  types: RuleContentTypes;
  /** What a new rule includes. */
  defaultLists: string[];
}) {
  const t = useText();
  const { can } = useCan();
  const navigate = useNavigate();
  const feedback = useFeedback();
  const [create, creating] = useCreateRuleMutation();
  const [update, updating] = useUpdateRuleMutation();
  const [saved, setSaved] = useState<RuleFields>(() => (rule ? inputOf(rule) : newRule(defaultLists)));
  const [values, setValues] = useState(saved);
  const [tried, setTried] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const isDirty = JSON.stringify(values) !== JSON.stringify(saved);
  const type = types.contentTypes.find(({ uid }) => uid === values.contentType) ?? null;
  const change = (patch: Partial<RuleFields>) => setValues((before) => ({ ...before, ...patch }));

  // A new rule goes back to the list once it is saved and nothing blocks the way any more.
  const [isDone, setDone] = useState(false);
  useEffect(() => {
    if (isDone && !isDirty) navigate(ROOT);
  }, [isDone, isDirty, navigate]);

  const save = async () => {
    setTried(true);
    setProblem(null);
    const missing = problemsOf(values);
    if (missing.name || missing.contentType || missing.subject || missing.locales) return;
    const outcome = rule ? await update({ id: rule.documentId, data: values }) : await create(values);
    if ('error' in outcome) {
      setProblem(errorSentence(outcome.error) ?? t('common.error.unreachable'));
      return;
    }
    setSaved(values);
    feedback.success(t('rules.done.save', { name: outcome.data.name }));
    if (!rule) setDone(true);
  };

  const props = { values, change, editable: can.rulesEdit, tried, types, type };
  return (
    <Page.Main>
      <Layouts.Header
        title={rule ? rule.name : t('rules.create')}
        navigationAction={<BackButton fallback={ROOT} />}
        primaryAction={
          can.rulesEdit && (
            <Button
              startIcon={<Check />}
              disabled={!isDirty}
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
          {rule && rule.problems.length > 0 && (
            <Notice title={t('rules.problems', { count: rule.problems.length })}>
              {rule.problems.join(' ')}
            </Notice>
          )}
          {types.contentTypes.length === 0 && (
            <Notice title={t('rules.no-types.title')}>{t('rules.no-types')}</Notice>
          )}
          <Grid.Root gap={6}>
            <Grid.Item col={type ? 7 : 12} s={12} xs={12} direction="column" alignItems="stretch">
              <Flex direction="column" alignItems="stretch" gap={6}>
                <SourceFields {...props} />
                {type && <MappingFields {...props} type={type} />}
                <AudienceFields {...props} />
                <ActionFields {...props} />
                <Checkbox
                  checked={values.enabled}
                  disabled={!can.rulesEdit}
                  onCheckedChange={(checked) => change({ enabled: checked === true })}
                >
                  {t('rules.field.enabled')}
                </Checkbox>
              </Flex>
            </Grid.Item>
            {type && (
              <Grid.Item col={5} s={12} xs={12} direction="column" alignItems="stretch">
                <RulePreview key={type.uid} values={values} type={type} />
              </Grid.Item>
            )}
          </Grid.Root>
        </Flex>
      </Layouts.Content>
      <UnsavedGuard isDirty={isDirty && can.rulesEdit} />
    </Page.Main>
  );
}
