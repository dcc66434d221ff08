import {
  getDelivery,
  getHygieneRunner,
  getImportRunner,
  setContext,
  setDelivery,
  setHygieneRunner,
  setImportRunner,
  setMetrics,
} from './app';
import { stopDispatching } from './publish-hook';

/** Strapi awaits this before it closes the server and the database: outstanding replies are read and recorded. */
export async function destroy(): Promise<void> {
  await stopDispatching();
  await Promise.all([getDelivery()?.stop(), getImportRunner()?.stop(), getHygieneRunner()?.stop()]);
  setDelivery(null);
  setImportRunner(null);
  setHygieneRunner(null);
  setMetrics(null);
  setContext(null);
}
