import { Page } from '@strapi/strapi/admin';

export default function TrackingPage() {
  return <Page.Loading />;
}
