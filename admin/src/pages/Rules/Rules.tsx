import { useState, type ReactNode } from 'react';
import {
  Box,
  Button,
  EmptyStateLayout,
  Flex,
  IconButton,
  Switch,
  Table,
  Tbody,
  Td,
  Tr,
  Typography,
} from '@strapi/design-system';
import { Pencil, Trash, WarningCircle } from '@strapi/icons';
import { EmptyDocuments } from '@strapi/icons/symbols';
import { Page, Pagination } from '@strapi/strapi/admin';
import { useNavigate } from 'react-router-dom';
import type { RuleDto } from '../../../../shared/contracts';
import {
  useDeleteRuleMutation,
  useGetRuleContentTypesQuery,
  useGetRulesQuery,
  useUpdateRuleMutation,
} from '../../api/rules';
import { ConfirmAction } from '../../components/ConfirmAction';
import { ErrorState } from '../../components/ErrorState';
import { RelativeTime } from '../../components/RelativeTime';
import { SearchField } from '../../components/SearchField';
import { TableHead } from '../../components/TableHead';
import { TextLink } from '../../components/TextLink';
import { useFeedback } from '../../components/useFeedback';
import { useText } from '../../components/useText';
import { useUrlState } from '../../components/useUrlState';
import { useCan } from '../../permissions';
import { BASE_PATH } from '../../pluginId';
import { inputOf } from './editor/fields';
import { ToneBadge } from './ToneBadge';
import { actionText } from './words';

/** All rules; search and page live in the URL. */
export function Rules({ create }: { create: ReactNode }) {
  const t = useText();
  const { get, page, pageSize, set } = useUrlState();
  const search = get('_q');
  const { data, error, refetch } = useGetRulesQuery(
    { page, pageSize, search },
    { refetchOnMountOrArgChange: true },
  );
  const [deleting, setDeleting] = useState<RuleDto | null>(null);
  if (error !== undefined && !data) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <Page.Loading>{t('common.loading')}</Page.Loading>;
  if (data.results.length === 0 && search === '')
    return (
      <EmptyStateLayout
        icon={<EmptyDocuments width="16rem" />}
        content={t('rules.empty')}
        action={create || undefined}
      />
    );
  return (
    <Flex direction="column" alignItems="stretch" gap={4}>
      <Box>
        <SearchField label={t('rules.search')} value={search} onSearch={(value) => set({ _q: value })} />
      </Box>
      {data.results.length === 0 ? (
        <EmptyStateLayout
          icon={<EmptyDocuments width="16rem" />}
          content={t('rules.empty.search')}
          action={
            <Button variant="secondary" onClick={() => set({ _q: null })}>
              {t('common.search.clear')}
            </Button>
          }
        />
      ) : (
        <>
          <RulesTable rules={data.results} onDelete={setDeleting} />
          <Pagination.Root {...data.pagination} defaultPageSize={20}>
            <Pagination.PageSize options={['20', '50', '100']} />
            <Pagination.Links />
          </Pagination.Root>
        </>
      )}
      {deleting && <DeleteRule rule={deleting} onClose={() => setDeleting(null)} />}
    </Flex>
  );
}

function RulesTable({ rules, onDelete }: { rules: RuleDto[]; onDelete: (rule: RuleDto) => void }) {
  const t = useText();
  const types = useGetRuleContentTypesQuery();
  const heads = (['name', 'content-type', 'action', 'enabled', 'last-fired'] as const).map((column) =>
    t(`rules.column.${column}`),
  );
  return (
    <Table colCount={heads.length + 1} rowCount={rules.length + 1}>
      <TableHead columns={heads} hasActions />
      <Tbody>
        {rules.map((rule) => (
          <RuleRow
            key={rule.documentId}
            rule={rule}
            typeName={
              types.data?.contentTypes.find(({ uid }) => uid === rule.contentType)?.name ?? rule.contentType
            }
            onDelete={onDelete}
          />
        ))}
      </Tbody>
    </Table>
  );
}

function RuleRow({
  rule,
  typeName,
  onDelete,
}: {
  rule: RuleDto;
  typeName: string;
  onDelete: (rule: RuleDto) => void;
}) {
  const t = useText();
  const { can } = useCan();
  const navigate = useNavigate();
  const address = `${BASE_PATH}/rules/${rule.documentId}`;
  return (
    <Tr>
      <Td>
        <Flex direction="column" alignItems="flex-start" gap={1} paddingTop={3} paddingBottom={3}>
          <Typography fontWeight="semiBold">
            <TextLink to={address}>{rule.name}</TextLink>
          </Typography>
          {rule.problems.length > 0 && (
            <ToneBadge tone="warning" title={rule.problems.join('\n')}>
              {t('rules.problems', { count: rule.problems.length })}
            </ToneBadge>
          )}
        </Flex>
      </Td>
      <Td>
        <Typography style={{ whiteSpace: 'normal' }}>
          {rule.locales === null ? typeName : `${typeName} (${rule.locales.join(', ')})`}
        </Typography>
      </Td>
      <Td>
        <Typography style={{ whiteSpace: 'normal' }}>{actionText(t, rule)}</Typography>
      </Td>
      <Td>
        <EnabledSwitch rule={rule} disabled={!can.rulesEdit} />
      </Td>
      <Td>
        <Typography variant="pi">
          {rule.lastFiredAt ? <RelativeTime iso={rule.lastFiredAt} /> : t('rules.never-fired')}
        </Typography>
      </Td>
      <Td>
        {can.rulesEdit && (
          <Flex justifyContent="flex-end" gap={1}>
            <IconButton
              label={t('rules.edit', { name: rule.name })}
              variant="ghost"
              onClick={() => navigate(address)}
            >
              <Pencil />
            </IconButton>
            <IconButton
              label={t('rules.delete', { name: rule.name })}
              variant="ghost"
              onClick={() => onDelete(rule)}
            >
              <Trash />
            </IconButton>
          </Flex>
        )}
      </Td>
    </Tr>
  );
}

function EnabledSwitch({ rule, disabled }: { rule: RuleDto; disabled: boolean }) {
  const t = useText();
  const feedback = useFeedback();
  const [update, { isLoading }] = useUpdateRuleMutation();
  const change = async (enabled: boolean) => {
    const outcome = await update({ id: rule.documentId, data: { ...inputOf(rule), enabled } });
    if ('error' in outcome) return feedback.failure(outcome.error);
    feedback.success(t(enabled ? 'rules.done.enable' : 'rules.done.disable', { name: rule.name }));
  };
  return (
    <Switch
      aria-label={t('rules.enabled.label', { name: rule.name })}
      checked={rule.enabled}
      disabled={disabled || isLoading}
      onLabel={t('rules.on')}
      offLabel={t('rules.off')}
      visibleLabels
      onCheckedChange={(enabled) => void change(enabled)}
    />
  );
}

function DeleteRule({ rule, onClose }: { rule: RuleDto; onClose: () => void }) {
  const t = useText();
  const feedback = useFeedback();
  const [remove] = useDeleteRuleMutation();
  return (
    <ConfirmAction
      open
      onOpenChange={(open) => !open && onClose()}
      title={t('rules.confirm-delete.title', { name: rule.name })}
      confirmLabel={t('subscribers.delete')}
      icon={<WarningCircle />}
      onConfirm={async () => {
        const outcome = await remove(rule.documentId);
        if ('error' in outcome) {
          feedback.failure(outcome.error);
          return false;
        }
        feedback.success(t('rules.done.delete', { name: rule.name }));
        return true;
      }}
    >
      {t('rules.confirm-delete.text')}
    </ConfirmAction>
  );
}
