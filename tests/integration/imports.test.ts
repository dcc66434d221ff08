import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ImportDetail, ImportDto, ListDto, Paged, SubscriberDto } from '../../shared/contracts';
import { startPlayground, type TestPlayground } from '../helpers/playground';

interface Failure {
  error: { status: number; message: string; details?: { code?: string } };
}

let strapi: TestPlayground;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'newsletter-imports-'));
  strapi = await startPlayground({ folder });
});
afterAll(async () => {
  await strapi?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function upload<T>(content: string | Buffer, name = 'people.csv', token = strapi.token) {
  const form = new FormData();
  form.append('files', new Blob([new Uint8Array(Buffer.from(content))]), name);
  const response = await fetch(`${strapi.url}/newsletter/imports`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: form,
  });
  return { status: response.status, body: (await response.json()) as T };
}

async function download(route: string): Promise<{ status: number; type: string | null; text: string }> {
  const response = await fetch(`${strapi.url}/newsletter/${route}`, {
    headers: { authorization: `Bearer ${strapi.token}` },
  });
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    text: new TextDecoder('utf-8', { ignoreBOM: true }).decode(await response.arrayBuffer()),
  };
}

async function until<T>(ask: () => Promise<T | null>, timeoutMs = 90_000): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== null) return answer;
    if (Date.now() > deadline) throw new Error(`it did not happen in time\n${strapi.output()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const ended = (id: string) =>
  until(async () => {
    const { body } = await strapi.admin<ImportDetail>('GET', `/newsletter/imports/${id}`);
    return body.endedAt === null ? null : body;
  });
const agreed = { kind: 'agreed', source: 'Garden fair' };

describe('imports over HTTP', () => {
  it('takes a file, maps it, runs it and tells what it did', async () => {
    const { body: list } = await strapi.admin<ListDto>('POST', '/newsletter/lists', { name: 'Garden' });
    const { status, body } = await upload<ImportDetail>(
      'Email,First name,Born\nrosa@example.org,Rosa,1980-05-31\nnobody,=1+1,x\n',
    );
    expect(status).toBe(201);
    expect(body).toMatchObject({
      state: 'mapping',
      fileName: 'people.csv',
      createdBy: 'Demo Admin',
      preview: { encoding: 'utf-8', delimiter: ',', header: true, columns: ['Email', 'First name', 'Born'] },
    });
    const again = await strapi.admin<ImportDetail>('PUT', `/newsletter/imports/${body.id}`, {
      header: false,
    });
    expect(again.body.preview?.rows).toHaveLength(3);
    await strapi.admin('PUT', `/newsletter/imports/${body.id}`, { header: true });
    const columns = [
      { to: 'email' },
      { to: 'firstName' },
      { to: 'newAttribute', declaration: { name: 'born', label: 'Born', type: 'date' } },
    ];
    const started = await strapi.admin<ImportDto>('POST', `/newsletter/imports/${body.id}/start`, {
      columns,
      lists: [list.documentId],
      consent: agreed,
    });
    expect(started).toMatchObject({ status: 200, body: { state: 'running' } });
    const done = await ended(body.id);
    expect(done).toMatchObject({ state: 'done', counts: { rows: 2, created: 1, invalid: 1 }, preview: null });

    const people = await strapi.admin<Paged<SubscriberDto>>('GET', '/newsletter/subscribers?search=rosa');
    expect(people.body.results[0]).toMatchObject({
      status: 'subscribed',
      attributes: { born: '1980-05-31' },
      lists: [{ status: 'subscribed', source: 'Garden fair' }],
    });
    const report = await download(`imports/${body.id}/errors.csv?language=ja`);
    expect(report.type).toBe('text/csv; charset=utf-8');
    expect(report.text).toBe(
      '\uFEFF行,列,値,問題\n3,Email,nobody,「nobody」はメールアドレスではありません。\n',
    );
    const found = await strapi.admin<Paged<ImportDto>>('GET', '/newsletter/imports');
    expect(found.body.results.map(({ id }) => id)).toEqual([body.id]);
  });

  it('refuses in sentences what cannot be', async () => {
    const nothing = await strapi.admin<Failure>('POST', '/newsletter/imports', {});
    expect(nothing).toMatchObject({ status: 400, body: { error: { details: { code: 'one-file' } } } });
    const empty = await upload<Failure>('');
    expect(empty).toMatchObject({ status: 400, body: { error: { details: { code: 'empty-file' } } } });
    const { body } = await upload<ImportDetail>('email\nrosa@example.org\n');
    const start = (data: object) =>
      strapi.admin<Failure>('POST', `/newsletter/imports/${body.id}/start`, data);
    const noEmail = await start({ columns: [{ to: 'ignore' }], consent: agreed });
    expect(noEmail.body.error.message).toBe('Say which column has the email address.');
    expect((await start({ columns: [{ to: 'email' }] })).body.error.message).toContain('consent');
    expect((await start({ columns: [{ to: 'email' }, { to: 'ignore' }], consent: agreed })).status).toBe(400);
    const gone = await start({ columns: [{ to: 'attribute', name: 'nope' }], consent: agreed });
    expect(gone.status).toBe(400);
    expect((await strapi.admin('DELETE', `/newsletter/imports/${body.id}`)).status).toBe(204);
    expect((await strapi.admin('GET', `/newsletter/imports/${body.id}`)).status).toBe(404);
  });

  it('takes 30 MB, and says from where on it is too much', async () => {
    const row = `,${'x'.repeat(990)}\n`;
    const text = ['email,note\n', ...Array.from({ length: 30_000 }, (_, i) => `big${i}@example.org${row}`)];
    const { status, body } = await upload<ImportDetail>(text.join(''));
    expect(status).toBe(201);
    expect(body.preview?.rows).toHaveLength(20);
    expect((await strapi.admin('DELETE', `/newsletter/imports/${body.id}`)).status).toBe(204);
    const over = await upload<Failure>(Buffer.alloc(101 * 1024 * 1024, 'a,b\n'));
    expect(over.status).toBe(413);
    expect(over.body.error.message).toContain('at most 100 MiB');
  });

  it('exports what the filter shows, whole even while it grows', async () => {
    const all = await download('subscribers/export');
    expect(all).toMatchObject({ status: 200, type: 'text/csv; charset=utf-8' });
    expect(all.text).toMatch(/^\uFEFFemail,first_name,.*,lists,born,attributes\r\nrosa@example.org,Rosa,/);
    const none = await download('subscribers/export?status=bounced');
    expect(none.text.trim().split('\r\n')).toHaveLength(1);
    expect((await download('subscribers/export?status=nonsense')).status).toBe(400);
  });

  it('goes on where it was killed, and imports nobody twice', async () => {
    const count = 4000;
    const rows = Array.from({ length: count }, (_, i) => `kill${i}@example.org`).join('\n');
    const { body } = await upload<ImportDetail>(`email\n${rows}\n`);
    await strapi.admin('POST', `/newsletter/imports/${body.id}/start`, {
      columns: [{ to: 'email' }],
      consent: agreed,
    });
    const broken = await until(async () => {
      const now = await strapi.admin<ImportDetail>('GET', `/newsletter/imports/${body.id}`);
      return now.body.counts.rows > 0 ? now.body : null;
    });
    expect(broken.state).toBe('running');
    await strapi.stop('SIGKILL');
    strapi = await startPlayground({ folder });
    const done = await ended(body.id);
    expect(done).toMatchObject({
      state: 'done',
      counts: { rows: count, created: count, unchanged: 0, duplicates: 0, invalid: 0 },
    });
    const found = await strapi.admin<Paged<SubscriberDto>>('GET', '/newsletter/subscribers?search=kill3999');
    expect(found.body.pagination.total).toBe(1);
  });
});
