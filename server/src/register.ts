import type { Core } from '@strapi/strapi';

/** Before the database is synchronised: nothing that touches tables. */
export function register(_args: { strapi: Core.Strapi }): void {}
