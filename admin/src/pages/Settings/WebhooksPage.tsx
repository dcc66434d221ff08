import { useState } from 'react';
import { Button, Flex, IconButton, Table, Tbody, Td, Tr, Typography } from '@strapi/design-system';
import { Pencil, Plus } from '@strapi/icons';
import { Layouts, Page, useRBAC } from '@strapi/strapi/admin';
import { useGetWebhooksQuery, type Webhook } from '../../api/webhooks';
import { ErrorState } from '../../components/ErrorState';
import { Panel } from '../../components/Panel';
import { TableHead } from '../../components/TableHead';
import { TextLink } from '../../components/TextLink';
import { useText } from '../../components/useText';
import { WebhookDialog } from './WebhookDialog';
import { isOurs, WEBHOOK_PERMISSIONS } from './webhooks';

/**
 * Our events for Strapi's webhooks: the form under Settings › Webhooks offers Strapi's own only. What is saved here is
 * an ordinary webhook, and shows up there too.
 */
export default function WebhooksPage() {
  const t = useText();
  return (
    <Page.Protect permissions={WEBHOOK_PERMISSIONS.slice(0, 1)}>
      <Page.Title>{t('native.webhooks')}</Page.Title>
      <Page.Main>
        <Layouts.Header title={t('native.webhooks')} subtitle={t('native.webhooks.subtitle')} />
        <Layouts.Content>
          <Webhooks />
        </Layouts.Content>
      </Page.Main>
    </Page.Protect>
  );
}

function Webhooks() {
  const t = useText();
  const { allowedActions } = useRBAC(WEBHOOK_PERMISSIONS);
  const { data, error, refetch } = useGetWebhooksQuery();
  const [edited, setEdited] = useState<Webhook | 'new' | null>(null);
  if (!data) {
    return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Page.Loading />;
  }
  return (
    <Panel
      title={t('native.webhooks')}
      action={
        allowedActions.canCreate && (
          <Button size="S" variant="secondary" startIcon={<Plus />} onClick={() => setEdited('new')}>
            {t('native.webhooks.add')}
          </Button>
        )
      }
    >
      <Flex direction="column" alignItems="stretch" gap={4}>
        <Typography textColor="neutral600">
          {t('native.webhooks.hint')}{' '}
          <TextLink to="/settings/webhooks">{t('native.webhooks.strapi')}</TextLink>
        </Typography>
        {data.length === 0 ? (
          <Typography textColor="neutral800">{t('native.webhooks.none')}</Typography>
        ) : (
          <WebhooksTable webhooks={data} onEdit={allowedActions.canUpdate ? setEdited : null} />
        )}
      </Flex>
      {edited !== null && (
        <WebhookDialog webhook={edited === 'new' ? null : edited} onClose={() => setEdited(null)} />
      )}
    </Panel>
  );
}

interface TableProps {
  webhooks: Webhook[];
  /** Null: the person may not change them. */
  onEdit: ((webhook: Webhook) => void) | null;
}

function WebhooksTable({ webhooks, onEdit }: TableProps) {
  const t = useText();
  return (
    <Table colCount={4} rowCount={webhooks.length + 1}>
      <TableHead
        columns={(['name', 'url', 'events'] as const).map((column) => t(`native.webhook.${column}`))}
        hasActions
      />
      <Tbody>
        {webhooks.map((webhook) => (
          <Tr key={webhook.id}>
            <Td>
              <Typography textColor="neutral800">
                {webhook.isEnabled ? webhook.name : t('native.webhook.off', { name: webhook.name })}
              </Typography>
            </Td>
            <Td>
              <Typography textColor="neutral800" ellipsis maxWidth="30rem">
                {webhook.url}
              </Typography>
            </Td>
            <Td>
              <Typography textColor="neutral800">
                {t('native.webhook.count', { count: webhook.events.filter(isOurs).length })}
              </Typography>
            </Td>
            <Td>
              {onEdit && (
                <IconButton
                  variant="ghost"
                  label={t('native.webhook.edit', { name: webhook.name })}
                  onClick={() => onEdit(webhook)}
                >
                  <Pencil />
                </IconButton>
              )}
            </Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}
