import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  languageFor,
  mapEntry,
  ruleMatches,
  suggestMapping,
  unknownFields,
  type EntryRenderer,
} from '../../../server/src/campaign';
import {
  compileCampaign,
  contentFor,
  inertSource,
  SAMPLE_LINKS,
  samplePerson,
} from '../../../server/src/compose';
import {
  ruleInputSchema,
  ruleMappingSchema,
  type RuleCondition,
  type RuleMapping,
} from '../../../shared/contracts';
import { ARTICLE, article, ruleFields } from './support';

const map = (
  mapping: Partial<RuleMapping>,
  fields: Record<string, unknown> = {},
  locale: string | null = 'en',
) =>
  mapEntry(ruleMappingSchema.parse(mapping), {
    type: ARTICLE,
    entry: article(fields),
    locale,
    baseUrl: 'https://cms.example.org',
  });

const matches = (condition: RuleCondition, fields: Record<string, unknown>) =>
  ruleMatches(ruleFields({ conditions: [condition] }), article(fields), 'en');

describe('a rule matches', () => {
  it('by locale: each by default, only those that it names otherwise', () => {
    expect(ruleMatches(ruleFields(), article(), 'ja')).toBe(true);
    expect(ruleMatches(ruleFields({ locales: ['ja'] }), article(), 'ja')).toBe(true);
    expect(ruleMatches(ruleFields({ locales: ['ja'] }), article(), 'en')).toBe(false);
    expect(ruleMatches(ruleFields({ locales: ['ja'] }), article(), null)).toBe(true);
  });

  it.each([
    [{ field: 'featured', operator: 'eq', value: true }, { featured: true }, true],
    [{ field: 'featured', operator: 'eq', value: true }, { featured: false }, false],
    [{ field: 'featured', operator: 'eq', value: true }, {}, false],
    [{ field: 'featured', operator: 'eq', value: false }, { featured: false }, true],
    [{ field: 'featured', operator: 'eq', value: false }, { featured: null }, false],
    [{ field: 'featured', operator: 'ne', value: true }, {}, true],
    [{ field: 'featured', operator: 'isSet' }, { featured: false }, true],
    [{ field: 'summary', operator: 'isSet' }, { summary: '' }, false],
    [{ field: 'tags', operator: 'isNotSet' }, { tags: [] }, true],
    [{ field: 'summary', operator: 'contains', value: 'LUNCH' }, { summary: 'For lunch.' }, true],
    [{ field: 'summary', operator: 'contains', value: 'tea' }, {}, false],
    [{ field: 'tags', operator: 'contains', value: 'tag1' }, { tags: [{ documentId: 'tag1' }] }, true],
    [{ field: 'tags', operator: 'contains', value: 'tag' }, { tags: [{ documentId: 'tag1' }] }, false],
    [{ field: 'author', operator: 'eq', value: 'mika' }, { author: { documentId: 'mika', name: 'M' } }, true],
    [
      { field: 'author.name', operator: 'eq', value: 'M' },
      { author: { documentId: 'mika', name: 'M' } },
      true,
    ],
    [{ field: 'author.name', operator: 'isNotSet' }, { author: null }, true],
    [{ field: 'constructor', operator: 'isSet' }, {}, false],
  ] as [RuleCondition, Record<string, unknown>, boolean][])('%j of %j: %s', (condition, fields, wanted) => {
    expect(matches(condition, fields)).toBe(wanted);
  });

  it('only when all conditions hold', () => {
    const conditions: RuleCondition[] = [
      { field: 'featured', operator: 'eq', value: true },
      { field: 'summary', operator: 'isSet' },
    ];
    const rule = ruleFields({ conditions });
    expect(ruleMatches(rule, article({ featured: true, summary: 'x' }), null)).toBe(true);
    expect(ruleMatches(rule, article({ featured: true }), null)).toBe(false);
  });
});

describe('a mapping', () => {
  it('fills subject and preheader, and leaves other Handlebars for the mail', () => {
    const made = map(
      { subject: '{{firstName}}, {{ entry.title }}!', preheader: '{{entry.seo.metaTitle}}' },
      { seo: { metaTitle: 'All about\nspring' } },
    );
    expect(made).toMatchObject({ subject: '{{firstName}}, Spring menu!', preheader: 'All about spring' });
  });

  it('takes the text of written fields', () => {
    const body = [
      {
        type: 'paragraph',
        children: [
          { type: 'text', text: 'Fresh ' },
          { type: 'text', text: 'peas', bold: true },
        ],
      },
    ];
    expect(map({ subject: '{{entry.body}}' }, { body }).subject).toBe('Fresh peas');
    expect(map({ subject: '{{entry.notes}}' }, { notes: 'Fresh **peas**' }).subject).toBe('Fresh peas');
  });

  it('renders what an entry holds as it is, whatever braces it has', () => {
    const braces = fc.string({
      unit: fc.constantFrom('{', '}', '\\', '!', '#', '/', 'x', ' ', '"', '&', '<'),
      minLength: 1,
      maxLength: 40,
    });
    fc.assert(
      fc.property(braces, (title) => {
        const made = map(
          { subject: 'A {{entry.title}} Z', body: [{ field: 'title', as: 'text' }] },
          { title },
        );
        const snapshot = {
          campaignId: 'c',
          name: 'c',
          version: 0,
          sender: { id: 'a', name: 'A', email: 'a@example.org' },
          contents: [{ variant: 'a', language: 'en', ...made }],
          defaultLanguage: 'en',
          templateHtml: null,
          brand: { name: '', postalAddress: '', contact: '', logoUrl: '', color: '#000000' },
          tracking: { opens: false, clicks: false },
          audience: { include: { lists: [], segments: [] }, exclude: { lists: [], segments: [] } },
          list: { name: '', slug: 'l' },
          pacePerHour: null,
          publicUrl: 'https://example.org',
        };
        const mail = compileCampaign(snapshot, new Map()).render(
          contentFor(snapshot, 'a', 'en'),
          samplePerson('en'),
          SAMPLE_LINKS,
        );
        const shown = title.replace(/ {2,}/g, ' ').trim();
        expect(mail.subject).toBe(`A ${shown} Z`.replace(/ {2,}/g, ' '));
      }),
    );
  });

  it('keeps a subject within what a header takes', () => {
    const made = map(
      { subject: 'News: {{entry.title}} / {{entry.summary}}' },
      { title: 'x'.repeat(900), summary: 'y'.repeat(900) },
    );
    expect(made.subject.length).toBeLessThanOrEqual(800);
    expect(made.subject).toMatch(/^News: x+ \/ y+$/);
  });

  it('joins fields to a body with absolute media, and ends with the link', () => {
    const made = map(
      {
        body: [
          { field: 'cover', as: 'auto' },
          { field: 'notes', as: 'auto' },
          { field: 'summary', as: 'text' },
        ],
        link: 'https://example.org/{locale}/blog/{slug}',
        linkText: 'Read {{entry.title}}',
      },
      {
        title: '<b>&{{x}}',
        notes: 'See [menu](/menu)',
        summary: 'a < b',
        cover: {
          url: '/uploads/a.png',
          mime: 'image/png',
          name: 'a.png',
          alternativeText: 'Peas',
          width: 10,
          height: 10,
        },
      },
    );
    expect(made.link).toBe('https://example.org/en/blog/spring-menu');
    expect(made.body).toContain('src="https://cms.example.org/uploads/a.png"');
    expect(made.body).toContain('href="https://example.org/menu"');
    expect(made.body).toContain('a &lt; b');
    expect(made.body).toMatch(
      /href="https:\/\/example\.org\/en\/blog\/spring-menu"[^>]*>Read &lt;b&gt;&amp;/,
    );
    expect(made.body).not.toContain('{{');
    expect(made.notes).toEqual([]);
  });

  it('says what it leaves out, and never throws over what an entry holds', () => {
    const made = map(
      {
        body: [
          { field: 'summary', as: 'auto' },
          { field: 'extra', as: 'auto' },
          { field: 'gone', as: 'auto' },
        ],
        link: 'https://example.org/{summary}',
      },
      { summary: null, extra: { a: 1 } },
    );
    expect(made).toMatchObject({ body: '', link: null });
    expect(made.notes.join(' ')).toMatch(/"summary" was left out.*"extra" was left out.*"gone"/);
    expect(made.notes.join(' ')).toContain('The link was left out');
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (summary, cover) => {
        map(
          {
            subject: '{{entry.summary}}{{entry.cover}}',
            body: [
              { field: 'summary', as: 'markdown' },
              { field: 'cover', as: 'auto' },
              { field: 'body', as: 'auto' },
            ],
          },
          { summary, cover, body: cover },
        );
      }),
    );
  });

  it('takes renderers of the project, and fails with their message', () => {
    const made = (render: (children: string) => string) =>
      mapEntry(ruleMappingSchema.parse({ body: [{ field: 'body' }] }), {
        type: { ...ARTICLE, renderers: { note: (_node, children) => render(children) } },
        entry: article({ body: [{ type: 'note', children: [{ type: 'text', text: 'Mind the gap' }] }] }),
        locale: 'en',
        baseUrl: 'https://cms.example.org',
      });
    expect(made((children) => `<h3>${children}</h3><script>x</script>`).body).toMatch(
      /^<h3[^>]*>Mind the gap<\/h3>$/,
    );
    const broken = () => {
      throw new Error('no such note');
    };
    expect(() => made(broken)).toThrow('"body" could not be turned into HTML: no such note');
  });

  it('lets the project make mails of entries with its own code', () => {
    const made = (render: EntryRenderer) =>
      mapEntry(ruleMappingSchema.parse({ subject: 'Mapped', preheader: 'Too', body: [{ field: 'body' }] }), {
        type: { ...ARTICLE, render },
        entry: article({ title: 'Tides {{x}}' }),
        locale: 'en',
        baseUrl: 'https://cms.example.org',
      });
    const whole = made((entry, { locale, baseUrl }) => ({
      subject: `${String(entry.title)}\r\n(${locale})`,
      body: `<table class="mine"><tr><td>{{#each x}}${baseUrl}</td></tr></table>`,
    }));
    expect(whole.subject).not.toMatch(/[\r\n]/);
    expect(whole.subject).toBe(inertSource('Tides {{x}} (en)'));
    expect(whole.preheader).toBe('Too');
    expect(whole.body).toBe(
      '<table class="mine"><tr><td>&#123;&#123;#each x}}https://cms.example.org</td></tr></table>',
    );
    expect(() =>
      made(() => {
        throw new Error('no sections');
      }),
    ).toThrow(/own renderer of .* failed: no sections/);
    expect(() => made(() => ({ body: 3 }) as never)).toThrow('it gave number where a text was expected');
  });

  it('keeps what is odd in an address from leaving its place', () => {
    const link = 'https://example.org/{locale}/{slug}?from=mail';
    expect(map({ link }, { slug: 'a/b c?d#e' }).link).toBe(
      'https://example.org/en/a/b%20c%3Fd%23e?from=mail',
    );
    expect(map({ link }, {}, null).link).toBeNull();
    expect(map({ link: 'https://{locale}.example.org/{slug}' }).link).toBe(
      'https://en.example.org/spring-menu',
    );
  });

  it('is guessed from the fields of a content type', () => {
    const mapping = suggestMapping(ARTICLE);
    expect(mapping).toMatchObject({
      subject: '{{entry.title}}',
      preheader: '{{entry.summary}}',
      body: [
        { field: 'body', as: 'auto' },
        { field: 'notes', as: 'auto' },
      ],
    });
    expect(unknownFields({ mapping, conditions: [] }, ARTICLE)).toEqual([]);
  });

  it('names fields that the content type does not have', () => {
    const mapping = ruleMappingSchema.parse({
      subject: '{{entry.titel}}',
      body: [{ field: 'text' }],
      link: 'https://example.org/{locale}/{sluq}',
    });
    const conditions: RuleCondition[] = [{ field: 'seo.none', operator: 'isSet' }];
    expect(unknownFields({ mapping, conditions }, ARTICLE).sort()).toEqual([
      'seo.none',
      'sluq',
      'text',
      'titel',
    ]);
  });
});

it('gives a campaign the language of the locale, or what the rule says instead', () => {
  const rule = ruleFields({ languages: { 'ja-JP': 'ja' }, defaultLanguage: 'de' });
  expect(['en', 'ja-JP', 'my_locale', null].map((locale) => languageFor(rule, locale))).toEqual([
    'en',
    'ja',
    'de',
    'de',
  ]);
});

it('refuses rules that cannot be meant', () => {
  const rule = { name: 'R', contentType: ARTICLE.uid, mapping: {} };
  const refused = (change: object) => ruleInputSchema.safeParse({ ...rule, ...change }).success === false;
  expect(ruleInputSchema.parse(rule)).toMatchObject({
    action: 'draft',
    again: 'never',
    holdAbove: 5,
    enabled: true,
  });
  expect(refused({ mapping: { link: 'javascript:alert(1)' } })).toBe(true);
  expect(refused({ mapping: { link: '/blog/{slug}' } })).toBe(true);
  expect(refused({ mapping: { link: 'https://{slug}.example.org/' } })).toBe(true);
  expect(refused({ mapping: { subject: 'a\nb' } })).toBe(true);
  expect(refused({ contentType: 'articles' })).toBe(true);
  expect(refused({ delayMinutes: 0 })).toBe(true);
  expect(refused({ conditions: [{ field: 'a..b', operator: 'isSet' }] })).toBe(true);
  expect(refused({ conditions: [{ field: 'a', operator: 'eq' }] })).toBe(true);
});
