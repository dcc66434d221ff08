import type { SmtpError } from '../transport-outcome';

const REFUSED_MS = 120_000;
const SILENT_MS = 900_000;
const BROKEN_TLS_MS = 3 * 24 * 3_600_000;
const MOST = 20_000;

/** What this process met lately at mail servers, so that it does not run into it again for each message. */
export class Troubles {
  private readonly down = new Map<string, { until: number; error: SmtpError }>();
  private readonly brokenTls = new Map<string, number>();

  /** Why an address cannot be connected to, if it could not be some minutes ago; null: try it. */
  ofAddress(address: string, now = Date.now()): SmtpError | null {
    const known = this.down.get(address);
    if (!known || known.until > now) return known?.error ?? null;
    this.down.delete(address);
    return null;
  }

  /** No connection: for 2 minutes, or 15 when it was silence and waiting for it takes long. */
  noConnection(address: string, error: SmtpError, now = Date.now()): void {
    const isSilent = error.originalCode === 'ETIMEDOUT' || /^No connection within/.test(error.message);
    put(this.down, address, { until: now + (isSilent ? SILENT_MS : REFUSED_MS), error });
  }

  /** Whether a host offers STARTTLS that failed within the last 3 days: one wasted connection for all its mail. */
  hasBrokenTls(host: string, now = Date.now()): boolean {
    return (this.brokenTls.get(host) ?? 0) > now;
  }

  noTls(host: string, now = Date.now()): void {
    put(this.brokenTls, host, now + BROKEN_TLS_MS);
  }
}

function put<V>(map: Map<string, V>, key: string, value: V): void {
  map.set(key, value);
  if (map.size > MOST) map.delete(map.keys().next().value!);
}
