import { lazy, Suspense, type ComponentType } from 'react';
import { Box, Tabs } from '@strapi/design-system';
import { Layouts, Page } from '@strapi/strapi/admin';
import { Navigate, useLocation, useNavigate } from 'react-router-dom';
import { styled } from 'styled-components';
import { useText } from '../../components/useText';
import { permissionsFor, useCan, type Can } from '../../permissions';
import { BASE_PATH } from '../../pluginId';

const ROOT = `${BASE_PATH}/deliverability`;

interface Part {
  Content: ComponentType;
  allowed: (can: Can) => boolean;
}

/** The parts of the page by the end of their address, in their order. */
const PARTS = {
  rates: {
    Content: lazy(() => import('./rates/RatesPart')),
    allowed: (can) => can.deliverabilityRead,
  },
  suppressions: {
    Content: lazy(() => import('./suppressions/SuppressionsPart')),
    allowed: (can) => can.deliverabilityRead && can.subscribersRead,
  },
  feedback: {
    Content: lazy(() => import('./feedback/FeedbackPart')),
    allowed: (can) => can.deliverabilityRead && can.subscribersRead,
  },
  sources: {
    Content: lazy(() => import('./sources/SourcesPart')),
    allowed: (can) => can.deliverabilityRead,
  },
  hygiene: {
    Content: lazy(() => import('./hygiene/HygienePart')),
    allowed: (can) => can.subscribersRead,
  },
} satisfies Record<string, Part>;

type PartName = keyof typeof PARTS;
const NAMES = Object.keys(PARTS) as PartName[];

/** Tabs scroll sideways where the window is too narrow for all of them. */
const Scroller = styled(Box)`
  overflow-x: auto;
`;

/** `/deliverability/<part>`: what becomes of mail after it was sent, and what the list does to it. */
export default function DeliverabilityPage() {
  const t = useText();
  return (
    <Page.Protect permissions={permissionsFor('deliverabilityRead', 'subscribersRead')}>
      <Page.Title>{t('deliverability.title')}</Page.Title>
      <Parts />
    </Page.Protect>
  );
}

function Parts() {
  const t = useText();
  const { can, isLoading } = useCan();
  const navigate = useNavigate();
  const end = useLocation().pathname.split('/').at(-1);
  if (isLoading) return <Page.Loading />;
  const allowed = NAMES.filter((name) => PARTS[name].allowed(can));
  const part = allowed.find((name) => name === end);
  if (part === undefined) {
    const first = allowed[0];
    return first === undefined ? <Page.NoPermissions /> : <Navigate to={`${ROOT}/${first}`} replace />;
  }
  const { Content } = PARTS[part];
  return (
    <Page.Main>
      <Layouts.Header title={t('deliverability.title')} subtitle={t('deliverability.subtitle')} />
      <Layouts.Content>
        <Tabs.Root
          variant="simple"
          value={part}
          onValueChange={(next) => {
            void navigate(`${ROOT}/${next}`);
          }}
        >
          <Scroller>
            <Tabs.List aria-label={t('deliverability.title')}>
              {allowed.map((name) => (
                <Tabs.Trigger key={name} value={name}>
                  {t(`deliverability.part.${name}`)}
                </Tabs.Trigger>
              ))}
            </Tabs.List>
          </Scroller>
          <Tabs.Content value={part}>
            <Box paddingTop={6}>
              <Suspense fallback={<Page.Loading />}>
                <Content />
              </Suspense>
            </Box>
          </Tabs.Content>
        </Tabs.Root>
      </Layouts.Content>
    </Page.Main>
  );
}
