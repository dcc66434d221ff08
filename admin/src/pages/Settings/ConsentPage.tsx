import { Page } from '@strapi/strapi/admin';

export default function ConsentPage() {
  return <Page.Loading />;
}
