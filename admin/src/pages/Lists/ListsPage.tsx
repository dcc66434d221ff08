import { Page } from '@strapi/strapi/admin';

export default function ListsPage() {
  return <Page.Loading />;
}
