import { useState } from 'react';
import {
  Badge,
  Button,
  EmptyStateLayout,
  Flex,
  IconButton,
  Link,
  Menu,
  Table,
  Tbody,
  Td,
  Tr,
  Typography,
} from '@strapi/design-system';
import { CheckCircle, Duplicate, More, Pencil, Plus, Trash, WarningCircle } from '@strapi/icons';
import { EmptyDocuments } from '@strapi/icons/symbols';
import { Layouts, Page, Pagination } from '@strapi/strapi/admin';
import { NavLink, useNavigate } from 'react-router-dom';
import type { TemplateDto } from '../../../../shared/contracts';
import {
  useCreateTemplateMutation,
  useDeleteTemplateMutation,
  useGetTemplatesQuery,
  useUpdateTemplateMutation,
} from '../../api/templates';
import { ConfirmAction } from '../../components/ConfirmAction';
import { ErrorState } from '../../components/ErrorState';
import { RelativeTime } from '../../components/RelativeTime';
import { SearchField } from '../../components/SearchField';
import { TableHead } from '../../components/TableHead';
import { useFeedback } from '../../components/useFeedback';
import { useText } from '../../components/useText';
import { useUrlState } from '../../components/useUrlState';
import { permissionsFor, useCan } from '../../permissions';
import { BASE_PATH } from '../../pluginId';

const ROOT = `${BASE_PATH}/templates`;

export default function TemplatesPage() {
  const t = useText();
  return (
    <Page.Protect permissions={permissionsFor('templatesRead')}>
      <Page.Title>{t('templates.title')}</Page.Title>
      <Templates />
    </Page.Protect>
  );
}

function Templates() {
  const t = useText();
  const { can } = useCan();
  const navigate = useNavigate();
  const { get, page, pageSize, set } = useUrlState();
  const search = get('_q');
  const { data, isLoading, isFetching, error, refetch } = useGetTemplatesQuery({ page, pageSize, search });
  const [deleting, setDeleting] = useState<TemplateDto | null>(null);
  const create = can.templatesEdit && (
    <Button startIcon={<Plus />} onClick={() => navigate(`${ROOT}/new`)}>
      {t('templates.create')}
    </Button>
  );

  return (
    <Page.Main aria-busy={isFetching}>
      <Layouts.Header
        title={t('templates.title')}
        subtitle={t('templates.subtitle')}
        primaryAction={create}
      />
      <Layouts.Action
        startActions={
          <SearchField
            label={t('templates.search')}
            value={search}
            onSearch={(value) => set({ _q: value })}
          />
        }
      />
      <Layouts.Content>
        {error !== undefined ? (
          <ErrorState error={error} onRetry={() => void refetch()} />
        ) : isLoading || data === undefined ? (
          <Page.Loading />
        ) : data.results.length === 0 ? (
          <EmptyStateLayout
            icon={<EmptyDocuments width="16rem" />}
            content={t(search === '' ? 'templates.empty' : 'templates.empty.search')}
            action={
              search === '' ? (
                create
              ) : (
                <Button variant="secondary" onClick={() => set({ _q: null })}>
                  {t('audience.clear-filters')}
                </Button>
              )
            }
          />
        ) : (
          <>
            <TemplatesTable templates={data.results} mayEdit={can.templatesEdit} onDelete={setDeleting} />
            <Pagination.Root {...data.pagination} defaultPageSize={20}>
              <Pagination.PageSize options={['20', '50', '100']} />
              <Pagination.Links />
            </Pagination.Root>
          </>
        )}
      </Layouts.Content>
      {deleting !== null && <DeleteTemplate template={deleting} onClose={() => setDeleting(null)} />}
    </Page.Main>
  );
}

interface TableProps {
  templates: TemplateDto[];
  mayEdit: boolean;
  onDelete: (template: TemplateDto) => void;
}

function TemplatesTable({ templates, mayEdit, onDelete }: TableProps) {
  const t = useText();
  return (
    <Table colCount={3} rowCount={templates.length + 1}>
      <TableHead
        columns={(['name', 'changed'] as const).map((column) => t(`templates.column.${column}`))}
        hasActions
      />
      <Tbody>
        {templates.map((template) => (
          <Tr key={template.documentId}>
            <Td>
              <Flex gap={2}>
                <Link tag={NavLink} to={`${ROOT}/${template.documentId}`}>
                  {template.name}
                </Link>
                {template.isDefault && <Badge variant="primary">{t('lists.default')}</Badge>}
              </Flex>
            </Td>
            <Td>
              <Typography textColor="neutral800">
                <RelativeTime iso={template.updatedAt} />
              </Typography>
            </Td>
            <Td>
              <Flex justifyContent="flex-end">
                {mayEdit && <TemplateMenu template={template} onDelete={onDelete} />}
              </Flex>
            </Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}

function TemplateMenu({ template, onDelete }: { template: TemplateDto; onDelete: TableProps['onDelete'] }) {
  const t = useText();
  const navigate = useNavigate();
  const feedback = useFeedback();
  const [create] = useCreateTemplateMutation();
  const [update] = useUpdateTemplateMutation();

  const duplicate = async () => {
    const name = t('templates.copy-name', { name: template.name }).slice(0, 200);
    const outcome = await create({ name, html: template.html });
    if ('error' in outcome) feedback.failure(outcome.error);
    else navigate(`${ROOT}/${outcome.data.documentId}`);
  };
  const makeDefault = async () => {
    const outcome = await update({ id: template.documentId, data: { isDefault: true } });
    if ('error' in outcome) feedback.failure(outcome.error);
    else feedback.success(t('templates.done.default', { name: template.name }));
  };

  return (
    <Menu.Root>
      <Menu.Trigger tag={IconButton} icon={<More />} label={t('templates.menu', { name: template.name })} />
      <Menu.Content popoverPlacement="bottom-end">
        <Menu.Item startIcon={<Pencil />} onSelect={() => navigate(`${ROOT}/${template.documentId}`)}>
          {t('subscribers.edit')}
        </Menu.Item>
        <Menu.Item startIcon={<Duplicate />} onSelect={() => void duplicate()}>
          {t('templates.duplicate')}
        </Menu.Item>
        {!template.isDefault && (
          <Menu.Item startIcon={<CheckCircle />} onSelect={() => void makeDefault()}>
            {t('templates.make-default')}
          </Menu.Item>
        )}
        <Menu.Item variant="danger" startIcon={<Trash />} onSelect={() => onDelete(template)}>
          {t('subscribers.delete')}
        </Menu.Item>
      </Menu.Content>
    </Menu.Root>
  );
}

function DeleteTemplate({ template, onClose }: { template: TemplateDto; onClose: () => void }) {
  const t = useText();
  const feedback = useFeedback();
  const [remove] = useDeleteTemplateMutation();
  const confirm = async () => {
    const outcome = await remove(template.documentId);
    if ('error' in outcome) feedback.failure(outcome.error);
    else feedback.success(t('templates.done.delete', { name: template.name }));
    return !('error' in outcome);
  };
  return (
    <ConfirmAction
      open
      onOpenChange={(open) => !open && onClose()}
      title={t('templates.confirm-delete.title', { name: template.name })}
      confirmLabel={t('subscribers.delete')}
      icon={<WarningCircle />}
      onConfirm={confirm}
    >
      {t('templates.confirm-delete.text')}
    </ConfirmAction>
  );
}
