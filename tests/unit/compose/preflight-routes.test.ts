import { expect, it } from 'vitest';
import { settingsSchema, type Sender } from '../../../shared/contracts';
import { preflight, type CampaignSnapshot } from '../../../server/src/compose';
import { configSchema, type NewsletterConfigInput } from '../../../server/src/config';

const sender = { id: 'news', name: 'News', email: 'news@example.com' };

function found(over: Partial<Sender>, config: NewsletterConfigInput): string[] {
  const whole: Sender = { ...sender, ...over };
  const snapshot = {
    contents: [],
    defaultLanguage: 'en',
    templateHtml: null,
    publicUrl: 'https://a.example',
  };
  return preflight(
    {
      config: configSchema.parse({ domains: { 'example.com': { dkim: 'relay' } }, ...config }),
      publicUrl: 'https://a.example',
      production: true,
    },
    {
      snapshot: { ...snapshot, sender: whole } as unknown as CampaignSnapshot,
      settings: settingsSchema.parse({}),
      sender: whole,
    },
    { recipients: 1 } as never,
  )
    .filter(({ id }) => ['no-transport', 'unknown-transport', 'unsigned-direct', 'ehlo-name'].includes(id))
    .map(({ id, level, values }) => `${level} ${id} ${JSON.stringify(values)}`);
}

const named = (...names: string[]) => ({ transports: names.map((name) => ({ name, weight: 1 })) });
const relay = { relay: { host: 'smtp.example.net' } };

it('finds that a sender’s transports are not configured: all of them, or some', () => {
  expect(found({}, { transports: relay })).toEqual([]);
  expect(found(named('relay'), { transports: relay })).toEqual([]);
  expect(found({}, {})).toEqual(['blocking no-transport {}']);
  expect(found(named('a', 'b'), { transports: relay })).toEqual([
    'blocking no-transport {"transport":"a, b"}',
  ]);
  expect(found(named('a', 'relay'), { transports: relay })).toEqual([
    'warning unknown-transport {"transport":"a"}',
  ]);
});

it('finds that nobody would sign, or that receivers would not like our name, without a relay', () => {
  const direct = (name: string) => ({ direct: { type: 'mx' as const, name } });
  expect(found({}, { transports: direct('mail.example.com') })).toEqual([
    'blocking unsigned-direct {"transport":"direct","domain":"example.com"}',
  ]);
  const domains = { 'example.com': { dkim: { selector: 's', privateKey: 'x' } } };
  expect(found({}, { transports: direct('mail.example.com'), domains })).toEqual([]);
  expect(found({}, { transports: direct('localhost'), domains })).toEqual([
    'warning ehlo-name {"transport":"direct","host":"localhost"}',
  ]);
  // Not used by this sender.
  expect(found(named('relay'), { transports: { ...relay, ...direct('localhost') } })).toEqual([]);
});
