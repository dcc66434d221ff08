import { Page } from '@strapi/strapi/admin';

export default function CampaignPage() {
  return <Page.Loading />;
}
