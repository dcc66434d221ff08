import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { explain, readReply, RULES, type ReasonRule, type Stage } from '../../../server/src/reasons';
import { CLASS_SEVERITY, REASON_CLASS, REASONS, REPLY_CLASSES, SEVERITIES } from '../../../shared/contracts';

const STAGES: Stage[] = ['connect', 'tls', 'auth', 'mail', 'rcpt', 'data', 'dot', 'unknown'];

/** A row's example as a refusal: `[code] [status] text`. */
function refusalOf(rule: ReasonRule) {
  const example = typeof rule.example === 'string' ? { said: rule.example } : rule.example;
  const reply = readReply(example.said);
  return {
    stage: example.stage ?? 'rcpt',
    code: reply?.code ?? null,
    status: reply?.status ?? /\((\d\.\d+\.\d+)\)$/.exec(example.said)?.[1] ?? null,
    text: reply?.text ?? example.said,
    hosts: example.hosts,
  };
}

describe('the table of reasons', () => {
  it.each(RULES.map((rule) => [`${rule.reason}: ${rule.source}`, rule] as const))(
    'answers its example: %s',
    (_, rule) => {
      const found = explain(refusalOf(rule));
      expect(found.rule.source).toBe(rule.source);
      expect(found.rule).toBe(rule);
    },
  );

  it('calls nobody dead before the receiver knows for whom the mail is', () => {
    for (const rule of RULES) {
      if (CLASS_SEVERITY[rule.class ?? REASON_CLASS[rule.reason]] !== 'hard') continue;
      expect(rule.stages, rule.source).toBeDefined();
      for (const stage of rule.stages!)
        expect(['rcpt', 'data', 'dot', 'unknown'], rule.source).toContain(stage);
    }
  });

  it('has an answer for everything, in time that grows no faster than the text', () => {
    const word = fc.constantFrom(
      'mailbox',
      'user ',
      'is ',
      'has been ',
      'blocked',
      'ip address ',
      '<a@b> ',
      'x@y ',
      'not ',
      'quota',
      '550 ',
      'spf',
      '..',
      ' ',
      'domain ',
      'recipient ',
      'rejected',
      'reverse dns ',
      'a'.repeat(80),
    );
    const text = fc.array(word, { maxLength: 120 }).map((words) => words.join(''));
    fc.assert(
      fc.property(
        fc.constantFrom(...STAGES),
        fc.option(fc.integer({ min: 400, max: 599 })),
        text,
        (stage, code, said) => {
          const found = explain({ stage, code, status: null, text: said });
          expect(REASONS).toContain(found.reason);
          expect(REPLY_CLASSES).toContain(found.class);
          expect(SEVERITIES).toContain(found.severity);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('has no pattern that a hostile text keeps busy', () => {
    const pieces = [
      'mailbox ',
      'user is ',
      'x@',
      '<a@',
      'ip address ',
      '. ',
      'has been ',
      'recipient ',
      'domain does not ',
      '550 ',
      '(',
      'a',
      ' ',
    ];
    for (const piece of pieces) {
      const said = piece.repeat(2000).slice(0, 2000);
      for (const rule of RULES) {
        for (const pattern of [rule.text, rule.notText, rule.hosts]) {
          if (!pattern) continue;
          const begin = performance.now();
          pattern.test(said);
          // thousand times what the slowest needs for a text of this length on a slow machine would still be a hang
          expect(performance.now() - begin, `${rule.source} on "${piece}…"`).toBeLessThan(500);
        }
      }
    }
  });
});

describe('words for people', () => {
  const texts = (locale: string): Record<string, string> =>
    JSON.parse(readFileSync(`admin/src/translations/reasons.${locale}.json`, 'utf8'));
  const labels = (locale: string): Record<string, string> =>
    JSON.parse(readFileSync(`admin/src/translations/campaigns.${locale}.json`, 'utf8'));

  it.each(['en', 'ja'])('a label and a sentence for each class, a word for each severity (%s)', (locale) => {
    for (const found of REPLY_CLASSES) {
      expect(labels(locale)[`campaigns.reason.${found}`], found).toBeTruthy();
      expect(texts(locale)[`reasons.class.${found}`], found).toBeTruthy();
    }
    for (const severity of SEVERITIES)
      expect(texts(locale)[`reasons.severity.${severity}`], severity).toBeTruthy();
  });
});
