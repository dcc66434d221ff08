import { Box, LinkButton, Tabs } from '@strapi/design-system';
import { Plus } from '@strapi/icons';
import { Layouts, Page } from '@strapi/strapi/admin';
import { NavLink, useLocation, useNavigate } from 'react-router-dom';
import { useText } from '../../components/useText';
import { permissionsFor, useCan } from '../../permissions';
import { BASE_PATH } from '../../pluginId';
import { Activity } from './Activity';
import { Rules } from './Rules';

const ROOT = `${BASE_PATH}/rules`;

/** `/rules` and `/rules/activity`: what publishing does by itself, and what it has done. */
export default function RulesPage() {
  const t = useText();
  return (
    <Page.Protect permissions={permissionsFor('rulesRead')}>
      <Page.Title>{t('rules.title')}</Page.Title>
      <RulesAndActivity />
    </Page.Protect>
  );
}

function RulesAndActivity() {
  const t = useText();
  const { can } = useCan();
  const navigate = useNavigate();
  const tab = useLocation().pathname.endsWith('/activity') ? 'activity' : 'rules';
  const create = can.rulesEdit && (
    <LinkButton tag={NavLink} to={`${ROOT}/new`} startIcon={<Plus />}>
      {t('rules.create')}
    </LinkButton>
  );
  return (
    <Page.Main>
      <Layouts.Header title={t('rules.title')} subtitle={t('rules.subtitle')} primaryAction={create} />
      <Layouts.Content>
        <Tabs.Root
          variant="simple"
          value={tab}
          onValueChange={(next) => navigate(next === 'activity' ? `${ROOT}/activity` : ROOT)}
        >
          <Tabs.List aria-label={t('rules.title')}>
            <Tabs.Trigger value="rules">{t('rules.tab.rules')}</Tabs.Trigger>
            <Tabs.Trigger value="activity">{t('rules.tab.activity')}</Tabs.Trigger>
          </Tabs.List>
          <Tabs.Content value={tab}>
            <Box paddingTop={4}>{tab === 'rules' ? <Rules create={create} /> : <Activity />}</Box>
          </Tabs.Content>
        </Tabs.Root>
      </Layouts.Content>
    </Page.Main>
  );
}
