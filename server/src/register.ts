import type { Core } from '@strapi/strapi';
import { guardDocuments } from './documents';
import { watchPublishing } from './publish-hook';
import { leaveWebhooksUnparsed } from './raw-body';

/** Before the database is synchronised: nothing that touches tables. */
export function register({ strapi }: { strapi: Core.Strapi }): void {
  guardDocuments(strapi);
  watchPublishing(strapi);
  leaveWebhooksUnparsed(strapi);
}
