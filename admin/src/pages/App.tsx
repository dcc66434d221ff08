import { lazy, Suspense } from 'react';
import { Layouts, Page } from '@strapi/strapi/admin';
import { Navigate, Route, Routes } from 'react-router-dom';
import { NarrowNav, NewsletterNav } from '../components/NewsletterNav';
import { MENU_PERMISSIONS, useCan } from '../permissions';

const OverviewPage = lazy(() => import('./Overview/OverviewPage'));
const CampaignsPage = lazy(() => import('./Campaigns/CampaignsPage'));
const CampaignPage = lazy(() => import('./Campaigns/CampaignPage'));
const SubscribersPage = lazy(() => import('./Subscribers/SubscribersPage'));
const SubscriberDetailPage = lazy(() => import('./Subscribers/SubscriberDetailPage'));
const ImportsPage = lazy(() => import('./Imports/ImportsPage'));
const ImportPage = lazy(() => import('./Imports/ImportPage'));
const RulesPage = lazy(() => import('./Rules/RulesPage'));
const RulePage = lazy(() => import('./Rules/RulePage'));
const ListsPage = lazy(() => import('./Lists/ListsPage'));
const SegmentsPage = lazy(() => import('./Segments/SegmentsPage'));
const SegmentEditPage = lazy(() => import('./Segments/SegmentEditPage'));
const DeliverabilityPage = lazy(() => import('./Deliverability/DeliverabilityPage'));
const CheckPage = lazy(() => import('./Deliverability/hygiene/CheckPage'));
const TemplatesPage = lazy(() => import('./Templates/TemplatesPage'));
const TemplateEditPage = lazy(() => import('./Templates/TemplateEditPage'));

/** The first page that the person may read: Overview for most. */
function Landing() {
  const { can, isLoading } = useCan();
  if (isLoading) return <Page.Loading />;
  const target = can.overview
    ? 'overview'
    : can.campaignsRead
      ? 'campaigns'
      : can.subscribersRead
        ? 'subscribers'
        : can.listsRead
          ? 'lists'
          : can.templatesRead
            ? 'templates'
            : can.rulesRead
              ? 'rules'
              : 'deliverability';
  return <Navigate to={target} replace />;
}

/** Everything below /plugins/newsletter. */
export default function App() {
  return (
    <Page.Protect permissions={MENU_PERMISSIONS}>
      <Layouts.Root sideNav={<NewsletterNav />}>
        <NarrowNav />
        <Suspense fallback={<Page.Loading />}>
          <Routes>
            <Route index element={<Landing />} />
            <Route path="overview" element={<OverviewPage />} />
            <Route path="campaigns" element={<CampaignsPage />} />
            <Route path="campaigns/:id/*" element={<CampaignPage />} />
            <Route path="subscribers" element={<SubscribersPage />} />
            <Route path="subscribers/:id" element={<SubscriberDetailPage />} />
            <Route path="lists" element={<ListsPage />} />
            <Route path="segments" element={<SegmentsPage />} />
            <Route path="segments/:id" element={<SegmentEditPage />} />
            <Route path="imports" element={<ImportsPage />} />
            <Route path="imports/:id" element={<ImportPage />} />
            <Route path="templates" element={<TemplatesPage />} />
            <Route path="templates/:id" element={<TemplateEditPage />} />
            <Route path="rules" element={<RulesPage />} />
            <Route path="rules/activity" element={<RulesPage />} />
            <Route path="rules/:id" element={<RulePage />} />
            <Route path="deliverability/hygiene/:id" element={<CheckPage />} />
            <Route path="deliverability/*" element={<DeliverabilityPage />} />
            <Route path="*" element={<Page.NoData />} />
          </Routes>
        </Suspense>
      </Layouts.Root>
    </Page.Protect>
  );
}
