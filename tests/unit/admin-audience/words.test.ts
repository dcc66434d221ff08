import { describe, expect, it } from 'vitest';
import { languageName, wordKey } from '../../../admin/src/pages/Subscribers/words';
import { DELIVERY_STATES } from '../../../shared/contracts';
import { SUPPRESSION_REASONS } from '../../../server/src/storage';

describe('words that the server stores', () => {
  it('have a text: why an address is suppressed, how a delivery ended', () => {
    for (const reason of SUPPRESSION_REASONS) expect(wordKey('suppression', reason), reason).not.toBeNull();
    for (const state of DELIVERY_STATES) expect(wordKey('event', state), state).not.toBeNull();
  });

  it('have a text: ways to leave and lines of the consent log', () => {
    for (const way of [
      'one-click',
      'page',
      'preferences',
      'mailto',
      'provider',
      'admin',
      'api',
      'hard-bounce',
      'complaint',
    ])
      expect(wordKey('way', way), way).not.toBeNull();
    for (const action of [
      'requested',
      'confirmed',
      'subscribed',
      'added',
      'imported',
      'removed',
      'unsubscribed',
      'address-changed',
      'deleted',
      'erased',
    ])
      expect(wordKey('event', action), action).not.toBeNull();
  });

  it('are shown as they are when they have none', () => {
    expect(wordKey('way', 'carrier-pigeon')).toBeNull();
  });
});

it('names languages in the language of the panel', () => {
  expect(languageName('ja', 'en')).toBe('Japanese (ja)');
  expect(languageName('ja', 'ja')).toBe('日本語 (ja)');
  expect(languageName('not a tag', 'en')).toBe('not a tag');
});
