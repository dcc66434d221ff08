import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createIntl } from 'react-intl';
import { expect, it } from 'vitest';
import { stateReason } from '../../../admin/src/components/stateReason';
import type { Text } from '../../../admin/src/components/useText';
import { loadTexts } from '../../../admin/src/translations';
import { GUARDS } from '../../../server/src/campaign/guards-judge';
import { noRoute } from '../../../server/src/delivery/routes';

const textIn = async (locale: string): Promise<Text> => {
  const intl = createIntl({ locale, messages: await loadTexts(locale) });
  return (key, values) => intl.formatMessage({ id: `newsletter.${key}` }, values);
};

it('says why a campaign paused in the language of the panel', async () => {
  const { sentence, cause } = noRoute({
    email: 'ed@example.com',
    transports: [{ name: 'gone', weight: 1 }],
  });
  const campaign = { stateReason: sentence, stateCause: cause };
  expect(stateReason(campaign, await textIn('en'))).toContain(
    'The transport "gone" of the sender ed@example.com',
  );
  expect(stateReason(campaign, await textIn('ja'))).toContain(
    '差出人 ed@example.com のトランスポート "gone"',
  );
});

it('leaves a sentence without a text as it is, such as the words of a mail server', async () => {
  const t = await textIn('ja');
  expect(stateReason({ stateReason: '535 no', stateCause: null }, t)).toBe('535 no');
  expect(stateReason({ stateReason: 'Later.', stateCause: { id: 'of-later', values: {} } }, t)).toBe(
    'Later.',
  );
  expect(stateReason({ stateReason: null, stateCause: null }, t)).toBeNull();
});

it('has a text for each cause that the server names', async () => {
  const server = path.resolve(__dirname, '../../../server/src');
  const named = readdirSync(server, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => [
      ...readFileSync(path.join(server, file), 'utf8').matchAll(/cause: \{ id: '([\w-]+)'/g),
    ])
    .map(([, id]) => id);
  expect(named.length).toBeGreaterThan(5);
  const texts = await loadTexts('ja');
  const ids = [...named, ...GUARDS.map((guard) => `guard-${guard}`)];
  expect(ids.filter((id) => !(`newsletter.campaigns.cause.${id}` in texts))).toEqual([]);
});
