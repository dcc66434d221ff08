import { Page } from '@strapi/strapi/admin';

export default function TemplateEditPage() {
  return <Page.Loading />;
}
