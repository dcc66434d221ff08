import type { Core } from '@strapi/strapi';
import { createContext, setContext } from './app';

/** After the database is synchronised, in every process that loads Strapi, CLI commands included. */
export async function bootstrap({ strapi }: { strapi: Core.Strapi }): Promise<void> {
  setContext(await createContext(strapi));
}
