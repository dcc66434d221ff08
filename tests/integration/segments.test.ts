import { afterAll, beforeAll, expect, it } from 'vitest';
import type {
  CampaignDto,
  ListDto,
  Paged,
  PreflightItem,
  RuleDto,
  SegmentCount,
  SegmentDto,
  SegmentFields,
  SubscriberDto,
} from '../../shared/contracts';
import { startPlayground, type TestPlayground } from '../helpers/playground';

let strapi: TestPlayground;
let list: ListDto;
beforeAll(async () => {
  strapi = await startPlayground();
  list = await ask<ListDto>('POST', 'lists', { name: 'News' });
  for (const [email, city] of [
    ['a@example.org', 'Tokyo'],
    ['b@example.org', 'TOKYO'],
    ['c@example.org', 'Osaka'],
    ['d@example.org', null],
  ]) {
    await ask('POST', 'subscribers', {
      email,
      lists: email === 'b@example.org' ? [] : [list.documentId],
      consent: true,
      attributes: city === null ? {} : { city },
    });
  }
});
afterAll(() => strapi?.stop());

interface Refused {
  error: { message: string; details: { code?: string } };
}

async function ask<T = unknown>(method: string, path: string, body?: unknown, status?: number): Promise<T> {
  const answer = await strapi.admin<T>(method, `/newsletter/${path}`, body);
  const expected = status ?? (method === 'POST' && !/count$/.test(path) ? 201 : 200);
  expect({ path, status: answer.status, body: answer.status === expected ? null : answer.body }).toEqual({
    path,
    status: expected,
    body: null,
  });
  return answer.body;
}

const inTokyo = {
  combinator: 'and',
  rules: [{ field: 'attribute', type: 'string', name: 'city', operator: 'is', value: 'tokyo' }],
};

it('counts rules while they are built, keeps a segment, and finds its people', async () => {
  expect(await ask<SegmentCount>('POST', 'segments/count', { rules: inTokyo })).toEqual({
    matched: 2,
    reachable: 2,
  });
  const segment = await ask<SegmentDto>('POST', 'segments', { name: 'In Tokyo', rules: inTokyo });
  expect(segment).toMatchObject({ name: 'In Tokyo', description: null, rules: { ...inTokyo, not: false } });
  expect(segment.problems.map(({ id, what }) => [id, what])).toEqual([['unknown-attribute', 'city']]);
  expect(await ask('GET', `segments/${segment.documentId}/count`)).toEqual({ matched: 2, reachable: 2 });
  const people = await ask<Paged<SubscriberDto>>(
    'GET',
    `subscribers?segment=${segment.documentId}&list=${list.documentId}&sort=email:asc`,
  );
  expect(people.results.map(({ email }) => email)).toEqual(['a@example.org']);
  expect(people.pagination.total).toBe(1);
  const file = await fetch(`${strapi.url}/newsletter/subscribers/export?segment=${segment.documentId}`, {
    headers: { authorization: `Bearer ${strapi.token}` },
  });
  const text = await file.text();
  expect(text).toContain('b@example.org');
  expect(text).not.toContain('c@example.org');
});

it('says which key of a rule is wrong, and bounds the tree', async () => {
  const wrong = { combinator: 'and', rules: [{ field: 'createdAt', operator: 'on', value: 'yesterday' }] };
  const { error } = await ask<Refused>('POST', 'segments/count', { rules: wrong }, 400);
  expect(error.message).toContain('rules.rules.0.value');
  let deep: object = inTokyo;
  for (let i = 0; i < 500; i++) deep = { combinator: 'and', rules: [deep] };
  const nested = await ask<Refused>('POST', 'segments', { name: 'Deep', rules: deep }, 400);
  expect(nested.error.message).toContain('nested deeper than 8 groups');
});

it('keeps what is in use, and tells the builder what there is', async () => {
  const onNews = { combinator: 'and', rules: [{ field: 'list', operator: 'on', list: list.documentId }] };
  const segment = await ask<SegmentDto>('POST', 'segments', { name: 'On news', rules: onNews });
  const refusedList = await ask<Refused>('DELETE', `lists/${list.documentId}`, undefined, 409);
  expect(refusedList.error.message).toContain('"On news"');
  const campaign = await ask<CampaignDto>('POST', 'campaigns', {
    name: 'To a segment',
    audience: { include: { segments: [segment.documentId] } },
  });
  const refused = await ask<Refused>('DELETE', `segments/${segment.documentId}`, undefined, 409);
  expect(refused.error).toMatchObject({ details: { code: 'segment-in-use' } });
  expect(refused.error.message).toContain('"To a segment"');
  expect(await ask('GET', `campaigns/${campaign.documentId}/audience`)).toMatchObject({ recipients: 3 });
  const items = await ask<PreflightItem[]>('GET', `campaigns/${campaign.documentId}/preflight`);
  expect(items.filter(({ id }) => id === 'no-recipients' || id.startsWith('segment-'))).toEqual([]);
  const fields = await ask<SegmentFields>('GET', 'segments/fields');
  expect(fields.lists).toEqual([{ documentId: list.documentId, name: 'News' }]);
  await ask('DELETE', `campaigns/${campaign.documentId}`, undefined, 204);

  const other = await ask<ListDto>('POST', 'lists', { name: 'Staff' });
  const rule = await ask<RuleDto>('POST', 'rules', {
    name: 'New articles',
    contentType: 'api::article.article',
    mapping: {},
    audience: { include: { segments: [segment.documentId] }, exclude: { lists: [other.documentId] } },
  });
  for (const path of [`segments/${segment.documentId}`, `lists/${other.documentId}`]) {
    const { error } = await ask<Refused>('DELETE', path, undefined, 409);
    expect(error.message).toContain('publish rule "New articles"');
  }
  await ask('DELETE', `rules/${rule.documentId}`, undefined, 204);
  await ask('DELETE', `lists/${other.documentId}`, undefined, 204);
  await ask('DELETE', `segments/${segment.documentId}`, undefined, 204);
  await ask('GET', `segments/${segment.documentId}/count`, undefined, 404);
});
