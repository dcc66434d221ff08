import { Page } from '@strapi/strapi/admin';

export default function OverviewPage() {
  return <Page.Loading />;
}
