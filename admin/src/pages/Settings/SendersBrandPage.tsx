import { Page } from '@strapi/strapi/admin';

export default function SendersBrandPage() {
  return <Page.Loading />;
}
