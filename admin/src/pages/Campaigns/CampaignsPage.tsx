import { Page } from '@strapi/strapi/admin';

export default function CampaignsPage() {
  return <Page.Loading />;
}
