import { describe, expect, it } from 'vitest';
import { isMachine, type Visit } from '../../../server/src/feedback';

const SAFARI =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1';
const GMAIL = 'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)';
const visit = (fields: Partial<Visit>): Visit => ({
  kind: 'open',
  userAgent: SAFARI,
  at: 1_000_000,
  acceptedAt: 900_000,
  otherClicks: 0,
  ...fields,
});

describe('isMachine', () => {
  it.each([
    ['no name at all', null],
    ['an empty name', '  '],
    ["Apple's privacy proxy", 'Mozilla/5.0'],
    ['Barracuda', 'Mozilla/5.0 (compatible; Barracuda Link Protection)'],
    ['Proofpoint', 'ProofPoint-URL-Defense/1.0'],
    ['a link preview', 'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)'],
    ['a browser without a head', `${SAFARI} HeadlessChrome/120.0`],
    ['a library', 'python-requests/2.31.0'],
    ['a crawler', 'Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)'],
  ])('is true for %s', (_, userAgent) => expect(isMachine(visit({ userAgent }))).toBe(true));

  it.each([
    ['Safari', SAFARI],
    ['Outlook', 'Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; ms-office; MSOffice 16)'],
    ["Gmail's picture proxy", GMAIL],
    ['a mail app on Android', 'Dalvik/2.1.0 (Linux; U; Android 14; Pixel 8 Build/AP1A)'],
  ])('is false for %s', (_, userAgent) => expect(isMachine(visit({ userAgent }))).toBe(false));

  it('is true within five seconds of the acceptance, whatever the name', () => {
    expect(isMachine(visit({ userAgent: GMAIL, acceptedAt: 1_000_000 - 4_999 }))).toBe(true);
    expect(isMachine(visit({ userAgent: GMAIL, acceptedAt: 1_000_000 - 5_000 }))).toBe(false);
    expect(isMachine(visit({ kind: 'click', acceptedAt: 1_000_100 }))).toBe(true);
    expect(isMachine(visit({ kind: 'click', acceptedAt: null }))).toBe(false);
  });

  it('is true for a click together with one on another link, not for an open', () => {
    expect(isMachine(visit({ kind: 'click', otherClicks: 1 }))).toBe(true);
    expect(isMachine(visit({ kind: 'open', otherClicks: 1 }))).toBe(false);
  });
});
