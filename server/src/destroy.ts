import { setContext } from './app';

/** Strapi awaits this before it closes the server and the database. */
export async function destroy(): Promise<void> {
  setContext(null);
}
