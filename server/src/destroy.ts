import {
  getDelivery,
  getHygieneRunner,
  getImportRunner,
  getInbound,
  setContext,
  setDelivery,
  setHygieneRunner,
  setImportRunner,
  setInbound,
  setMetrics,
} from './app';
import { stopDispatching } from './publish-hook';

/** Strapi awaits this before it closes the server and the database: outstanding replies are read and recorded. */
export async function destroy(): Promise<void> {
  await stopDispatching();
  await Promise.all([
    getDelivery()?.stop(),
    getImportRunner()?.stop(),
    getHygieneRunner()?.stop(),
    getInbound()?.stop(),
  ]);
  setDelivery(null);
  setImportRunner(null);
  setHygieneRunner(null);
  setInbound(null);
  setMetrics(null);
  setContext(null);
}
