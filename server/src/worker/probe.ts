import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Context } from '../context';
import type { Delivery } from '../delivery';
import { refuseMetrics, type Metrics } from '../insight';

export interface Probe {
  port: number;
  close(): Promise<void>;
}

/** What an orchestrator asks: is this process fit to send? Servers of others that are down are no reason to restart it. */
export interface WorkerHealth {
  ok: boolean;
  problems: string[];
}

/**
 * A tiny HTTP server beside the worker: GET /health answers 200 or 503 with `{ok, problems}`, GET /metrics as the route
 * of the plugin.
 * @param port 0: a free one
 * @throws Error when it cannot listen there
 */
export async function openProbe(
  ctx: Context,
  { delivery, metrics, port }: { delivery: Delivery; metrics: Metrics | null; port: number },
): Promise<Probe> {
  const server = createServer((request, response) => {
    answer(ctx, delivery, metrics, request, response).catch((error: Error) => {
      ctx.log.error(`newsletter: the worker's port could not answer: ${error.message}`);
      response.writeHead(500).end();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, ctx.config.worker.healthHost, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  ctx: Context,
  delivery: Delivery,
  metrics: Metrics | null,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const send = (status: number, type: string, body: string) =>
    void response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
  const path = (request.url ?? '/').split('?')[0];
  if (request.method !== 'GET' && request.method !== 'HEAD') return send(405, 'text/plain', 'GET only\n');
  if (path === '/health') {
    const health = await workerHealth(ctx, delivery);
    return send(health.ok ? 200 : 503, 'application/json', JSON.stringify(health));
  }
  if (path !== '/metrics') return send(404, 'text/plain', 'Not Found\n');
  const refusal = refuseMetrics(ctx, request.headers.authorization);
  if (refusal || !metrics)
    return send(refusal?.status ?? 404, 'text/plain', `${refusal?.message ?? 'Not Found'}\n`);
  const { type, body } = await metrics.read(delivery);
  send(200, type, body);
}

const SECOND_MS = 1000;

/** Of this process alone: its queue, and whether it looks at the tables (which needs the database). */
export async function workerHealth(
  ctx: Pick<Context, 'config'>,
  delivery: Pick<Delivery, 'health'>,
): Promise<WorkerHealth> {
  const { queue, reconciledAt } = delivery.health();
  const patience = Math.max(60, 4 * ctx.config.worker.reconcileSeconds) * SECOND_MS;
  const problems: string[] = [];
  if (!queue.ok) problems.push(`The queue (${queue.backend}): ${queue.message ?? 'no reason given'}`);
  if (reconciledAt === null) problems.push('Starting: the tables were not looked at yet.');
  else if (Date.now() - reconciledAt > patience)
    problems.push(
      `The tables were last looked at ${Math.round((Date.now() - reconciledAt) / SECOND_MS)} s ago. Is the database there?`,
    );
  return { ok: problems.length === 0, problems };
}
