import { Page } from '@strapi/strapi/admin';

export default function SubscriberDetailPage() {
  return <Page.Loading />;
}
