import { getDelivery, setContext, setDelivery } from './app';

/** Strapi awaits this before it closes the server and the database: outstanding replies are read and recorded. */
export async function destroy(): Promise<void> {
  await getDelivery()?.stop();
  setDelivery(null);
  setContext(null);
}
