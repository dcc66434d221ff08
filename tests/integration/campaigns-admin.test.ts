import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  CampaignDto,
  CampaignReport,
  CampaignSummary,
  DeliveryDto,
  ListDto,
  OverviewDto,
  Paged,
  PreflightItem,
  PreviewDto,
} from '../../shared/contracts';
import { startPlayground, type TestPlayground } from '../helpers/playground';

interface Failure {
  error: { status: number; message: string; details: { code?: string; items?: PreflightItem[] } };
}

/** The campaign routes of a real Strapi, as the panel calls them. */
describe('the admin routes of campaigns', () => {
  let playground: TestPlayground;
  let list: string;

  beforeAll(async () => {
    // The transport leads to a closed port: nothing is taken over here.
    playground = await startPlayground({ smtpPort: 1 });
    const created = await playground.admin<ListDto>('POST', '/newsletter/lists', {
      name: 'Campaign test',
      slug: 'campaign-test',
      isDefault: true,
    });
    list = created.body.documentId;
    await playground.admin('POST', '/newsletter/subscribers', {
      email: 'reader@example.net',
      firstName: 'Reader',
      lists: [list],
      consent: true,
    });
  });
  afterAll(() => playground?.stop());

  const call = <T>(method: string, path: string, body?: unknown) =>
    playground.admin<T>(method, `/newsletter/campaigns${path}`, body);

  const content = { language: 'en', subject: 'Hello {{firstName}}', body: '<p>News</p>' };

  it('makes a draft with the defaults, changes, lists, copies and deletes it', async () => {
    const { status, body: draft } = await call<CampaignDto>('POST', '', {});
    expect(status).toBe(201);
    expect(draft).toMatchObject({
      state: 'draft',
      name: 'Untitled campaign',
      audience: { include: { lists: [list] } },
    });
    const changed = await call<CampaignDto>('PUT', `/${draft.documentId}`, {
      name: 'May',
      contents: [content],
    });
    expect(changed.body).toMatchObject({ name: 'May', subject: 'Hello {{firstName}}' });
    const found = await call<Paged<CampaignSummary>>('GET', '?search=mAY&state=draft');
    expect(found.body.results.map((row) => row.documentId)).toEqual([draft.documentId]);
    const copy = await call<CampaignDto>('POST', `/${draft.documentId}/duplicate`);
    expect(copy.body).toMatchObject({ name: 'May (copy)', contents: [{ subject: content.subject }] });
    expect((await call('DELETE', `/${copy.body.documentId}`)).status).toBe(204);
    expect((await call('GET', `/${copy.body.documentId}`)).status).toBe(404);
  });

  it('answers wrong input with 400 in the shape of Strapi', async () => {
    const { body: draft } = await call<CampaignDto>('POST', '', {});
    const wrong = await call<Failure>('PUT', `/${draft.documentId}`, { state: 'sent' });
    expect(wrong.status).toBe(400);
    expect(wrong.body.error.message).toContain('"state" is not known here');
    const injected = await call<Failure>('PUT', `/${draft.documentId}`, {
      contents: [{ language: 'en', subject: 'a\r\nBcc: b@example.org' }],
    });
    expect(injected.status).toBe(400);
    expect((await call<Failure>('GET', '?pageSize=1000')).status).toBe(400);
    expect((await call<Failure>('GET', '/nosuchcampaign/report')).status).toBe(404);
  });

  it('previews, checks, and refuses to schedule what preflight blocks', async () => {
    const { body: draft } = await call<CampaignDto>('POST', '', { contents: [{ ...content, subject: '' }] });
    const items = await call<PreflightItem[]>('GET', `/${draft.documentId}/preflight`);
    expect(items.body.some((item) => item.id === 'no-subject' && item.level === 'blocking')).toBe(true);
    const refused = await call<Failure>('POST', `/${draft.documentId}/schedule`, {});
    expect(refused.status).toBe(400);
    expect(refused.body.error.details.code).toBe('preflight');
    expect(refused.body.error.details.items?.some((item) => item.id === 'no-subject')).toBe(true);
    await call('PUT', `/${draft.documentId}`, { contents: [content] });
    const people = await playground.admin<Paged<{ documentId: string }>>(
      'GET',
      '/newsletter/subscribers?search=reader@example.net',
    );
    const reader = people.body.results[0]!.documentId;
    const preview = await call<PreviewDto>('GET', `/${draft.documentId}/preview?subscriber=${reader}`);
    expect(preview.body).toMatchObject({ subject: 'Hello Reader', error: null });
    expect((await call('GET', `/${draft.documentId}/audience`)).body).toMatchObject({
      matched: 1,
      recipients: 1,
    });
  });

  it('schedules, undoes, and keeps a scheduled campaign as it is', async () => {
    await playground.admin('PUT', '/newsletter/settings', {
      senders: [{ id: 'news', name: 'News', email: 'hello@news.example.com' }],
      brand: { name: 'Example', postalAddress: '1 Example Street' },
    });
    const { body: draft } = await call<CampaignDto>('POST', '', { contents: [content] });
    const id = draft.documentId;
    const gap = await call<Failure>('POST', `/${id}/schedule`, {
      at: '2030-03-31T02:30',
      timezone: 'Europe/Berlin',
    });
    expect(gap.body.error.details.code).toBe('time-does-not-exist');
    const scheduled = await call<CampaignDto>('POST', `/${id}/schedule`, {
      at: '2030-06-01T09:00',
      timezone: 'Asia/Tokyo',
    });
    expect(scheduled.status, JSON.stringify(scheduled.body)).toBe(200);
    expect(scheduled.body).toMatchObject({ state: 'scheduled', scheduledAt: '2030-06-01T00:00:00.000Z' });
    expect((await call<Failure>('PUT', `/${id}`, { name: 'X' })).status).toBe(409);
    expect((await call<CampaignDto>('POST', `/${id}/unschedule`)).body.state).toBe('draft');
    expect((await call<Failure>('POST', `/${id}/pause`)).status).toBe(409);
    await call('POST', `/${id}/schedule`, { at: '2030-06-01T09:00' });
    expect((await call<CampaignDto>('POST', `/${id}/cancel`)).body.state).toBe('cancelled');
    const again = await call<Failure>('POST', `/${id}/schedule`, {});
    expect(again.status).toBe(409);
    expect(again.body.error.message).toContain('has been cancelled');
    const report = await call<CampaignReport>('GET', `/${id}/report`);
    expect(report.body.counts.candidates).toBe(0);
    expect((await call<Paged<DeliveryDto>>('GET', `/${id}/deliveries`)).body.results).toEqual([]);
  });

  it('says what became of a test mail to a server that is not there', async () => {
    const { body: draft } = await call<CampaignDto>('POST', '', { contents: [content] });
    const { status, body } = await call<{ results: { to: string; ok: boolean; message: string }[] }>(
      'POST',
      `/${draft.documentId}/test`,
      { to: ['me@example.org'] },
    );
    expect(status).toBe(200);
    expect(body.results).toMatchObject([{ to: 'me@example.org', ok: false }]);
    const page = await playground.admin<OverviewDto>('GET', '/newsletter/overview');
    expect(page.body.checklist).toContainEqual({ id: 'test-mail', done: false });
    expect(page.body.checklist).toContainEqual({ id: 'subscribers', done: true });
  });

  it('is closed to those who are not logged in', async () => {
    for (const path of ['campaigns', 'overview', 'campaigns/abcdefgh/report']) {
      expect((await fetch(`${playground.url}/newsletter/${path}`)).status).toBe(401);
    }
  });
});
