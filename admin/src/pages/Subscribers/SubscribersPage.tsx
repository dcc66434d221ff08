import { Page } from '@strapi/strapi/admin';

export default function SubscribersPage() {
  return <Page.Loading />;
}
