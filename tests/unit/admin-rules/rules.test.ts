import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inputOf, NEW_RULE, problemsOf } from '../../../admin/src/pages/Rules/editor/fields';
import { DELAY_UNITS, firingTime, firingWord, splitDelay } from '../../../admin/src/pages/Rules/words';
import type { Text } from '../../../admin/src/components/useText';
import { ruleInputSchema, type FiringDto, type RuleDto } from '../../../shared/contracts';

const t: Text = (key) => key;
const firing = (patch: Partial<FiringDto>): FiringDto => ({
  id: 1,
  rule: null,
  contentType: 'api::article.article',
  documentId: 'abcdefgh',
  locale: null,
  title: 'x',
  manual: false,
  state: 'pending',
  message: null,
  campaign: null,
  createdAt: '2026-01-01T00:00:00.000Z',
  settledAt: null,
  ...patch,
});
const campaign = (patch: Partial<NonNullable<FiringDto['campaign']>>) => ({
  documentId: 'c1',
  name: 'c',
  state: 'draft' as const,
  scheduledAt: null,
  startedAt: null,
  finishedAt: null,
  ...patch,
});

it('shows a delay in the largest unit that fits, and means the same', () => {
  expect(splitDelay(90)).toEqual({ count: 90, unit: 'minutes' });
  expect(splitDelay(120)).toEqual({ count: 2, unit: 'hours' });
  expect(splitDelay(2880)).toEqual({ count: 2, unit: 'days' });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 43_200 }), (minutes) => {
      const { count, unit } = splitDelay(minutes);
      expect(count * DELAY_UNITS[unit]).toBe(minutes);
    }),
  );
});

describe('a new rule', () => {
  it('starts with what the server would take by default', () => {
    const { name, contentType, ...defaults } = NEW_RULE;
    expect([name, contentType]).toEqual(['', '']);
    const parsed = ruleInputSchema.parse({ name: 'x', contentType: 'api::article.article', mapping: {} });
    expect(parsed).toMatchObject(defaults);
    expect(Object.keys(parsed).sort()).toEqual(Object.keys(NEW_RULE).sort());
  });

  it('is not ready before it has a name, a content type and a subject, and with no locale at all', () => {
    expect(problemsOf(NEW_RULE)).toEqual({ name: true, contentType: true, subject: false, locales: false });
    const mapping = { ...NEW_RULE.mapping, subject: ' ' };
    expect(problemsOf({ ...NEW_RULE, name: 'x', contentType: 'y', mapping, locales: [] })).toEqual({
      name: false,
      contentType: false,
      subject: true,
      locales: true,
    });
  });
});

it('sends back of a stored rule just what PUT takes', () => {
  const stored: RuleDto = {
    ...NEW_RULE,
    name: 'x',
    contentType: 'api::article.article',
    documentId: 'abcdefgh',
    problems: [],
    lastFiredAt: null,
    createdAt: '2026-01-01T00:00:00.000Z',
    updatedAt: '2026-01-01T00:00:00.000Z',
  };
  expect(ruleInputSchema.parse(inputOf(stored))).toEqual({
    ...NEW_RULE,
    name: 'x',
    contentType: 'api::article.article',
  });
});

it('names the state of the campaign once there is one, and the time that matters', () => {
  expect(firingWord(t, firing({ state: 'held' }))).toEqual({ text: 'rules.firing.held', tone: 'warning' });
  expect(firingTime(firing({})).kind).toBe('fired');
  const scheduled = firing({
    state: 'done',
    campaign: campaign({ state: 'scheduled', scheduledAt: '2026-01-02T00:00:00.000Z' }),
  });
  expect(firingWord(t, scheduled).text).toBe('campaigns.state.scheduled');
  expect(firingTime(scheduled)).toEqual({ kind: 'sends', iso: '2026-01-02T00:00:00.000Z' });
  const sent = firing({
    state: 'done',
    campaign: campaign({ state: 'sent', startedAt: '2026-01-03T00:00:00.000Z' }),
  });
  expect(firingTime(sent)).toEqual({ kind: 'sent', iso: '2026-01-03T00:00:00.000Z' });
  const failed = firing({ state: 'failed', campaign: campaign({}) });
  expect(firingWord(t, failed).tone).toBe('danger');
});
