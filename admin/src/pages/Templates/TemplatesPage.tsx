import { Page } from '@strapi/strapi/admin';

export default function TemplatesPage() {
  return <Page.Loading />;
}
