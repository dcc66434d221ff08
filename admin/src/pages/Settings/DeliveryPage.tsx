import { Page } from '@strapi/strapi/admin';

export default function DeliveryPage() {
  return <Page.Loading />;
}
