import { describe, expect, it } from 'vitest';
import { parseConfig, type DomainProblem } from '../../../server/src/config';
import {
  buildPreview,
  checkTemplates,
  compileCampaign,
  DEFAULT_TEMPLATE_HTML,
  preflight,
  TemplateErrors,
} from '../../../server/src/compose';
import { settingsSchema } from '../../../shared/contracts';
import { person, PUBLIC_URL, snapshotOf } from './sample';

describe('template problems', () => {
  it.each([
    ['<p>\n  {{#if x}}\n open', 2, 3, 'never closed'],
    ['<p>\n{{#each a}}{{#if x}}b{{/each}}', 2, 12, 'Close it with {{/if}}'],
    ['line\nline\n a {{foo', 3, 6, 'not valid Handlebars'],
    ['a\n{{/if}} b', 2, 1, 'belongs to no open block'],
    ['a\n  {{shout firstName}}', 2, 3, 'There is no helper “shout”'],
    ['a\n{{#if (up x)}}{{/if}}', 2, 7, 'There is no helper “up”'],
    ['{{#each}}{{/each}}', 1, 1, 'takes 1 value'],
    ['{{#eq a b}}{{/eq}}', 1, 1, 'cannot be a block'],
    ['x {{> header}}', 1, 3, 'Partials'],
    ['<style>p{color:{{brand.color}}}</style>', 1, 29, 'three closing ones'],
  ])('%j', (body, line, column, part) => {
    const [problem, ...others] = checkTemplates(snapshotOf({ body }));
    expect(others).toEqual([]);
    expect(problem).toMatchObject({ where: 'body', language: 'en', line, column });
    expect(problem!.message).toContain(part);
    expect(() => compileCampaign(snapshotOf({ body }), new Map())).toThrow(TemplateErrors);
  });

  it('gives all of them, with where they are', () => {
    const problems = checkTemplates(
      snapshotOf({ subject: '{{x', preheader: '{{/a}}', body: '{{a b}}{{c d}}', templateHtml: '<p>' }),
    );
    expect(problems.map(({ where, column }) => [where, column])).toEqual([
      ['template', null],
      ['subject', 3],
      ['preheader', 1],
      ['body', 1],
      ['body', 8],
    ]);
  });

  it('finds what only fails while rendering', () => {
    const [problem] = checkTemplates(snapshotOf({ body: '{{formatDate "2026-01-01" zone="Mars/Base"}}' }));
    expect(problem!.message).toContain('Mars/Base');
  });

  it('finds nothing in the default template', () => {
    expect(checkTemplates(snapshotOf({ templateHtml: DEFAULT_TEMPLATE_HTML }))).toEqual([]);
  });
});

describe('preflight', () => {
  const config = parseConfig({
    transports: { main: { host: 'smtp.example.com' } },
    domains: { 'example.com': { dkim: 'relay' } },
  });
  const settings = settingsSchema.parse({ brand: { name: 'Acme', postalAddress: 'Street 1' } });
  const audience = { matched: 5, suppressed: 0, duplicates: 0, recipients: 5 };
  function find(
    overrides: Parameters<typeof snapshotOf>[0] = {},
    rest: {
      settings?: typeof settings;
      sender?: null;
      publicUrl?: string;
      production?: boolean;
      recipients?: number;
      config?: typeof config;
      domainProblems?: DomainProblem[];
    } = {},
  ) {
    const snapshot = snapshotOf(overrides);
    const items = preflight(
      {
        config: rest.config ?? config,
        publicUrl: rest.publicUrl ?? PUBLIC_URL,
        production: rest.production ?? true,
        domainProblems: rest.domainProblems ?? [],
      },
      {
        snapshot,
        settings: rest.settings ?? settings,
        sender: rest.sender === null ? null : snapshot.sender,
      },
      { ...audience, recipients: rest.recipients ?? 5 },
    );
    return items.map(({ id, level }) => `${level} ${id}`);
  }

  it('has nothing to say about a sound campaign', () => {
    expect(find({ templateHtml: DEFAULT_TEMPLATE_HTML })).toEqual([]);
  });

  it('blocks what must not be sent', () => {
    expect(find({ subject: ' ', body: '' })).toEqual(['blocking no-subject', 'blocking no-body']);
    expect(find({}, { sender: null, recipients: 0 })).toEqual([
      'blocking no-sender',
      'blocking no-recipients',
    ]);
    expect(find({ sender: { id: 'x', name: 'X', email: 'x@other.org' } })).toEqual([
      'blocking sender-domain',
    ]);
    expect(find({}, { config: parseConfig({ domains: { 'example.com': { dkim: 'relay' } } }) })).toEqual([
      'blocking no-transport',
    ]);
    expect(find({}, { settings: settingsSchema.parse({}) })).toEqual([
      'blocking no-brand-name',
      'blocking no-postal-address',
    ]);
    expect(find({ templateHtml: '<p>x</p>' })).toEqual(['blocking no-content-slot']);
    expect(find({ body: '{{#if x}}' })).toContain('blocking template-error');
    expect(find({ body: `<a href="${PUBLIC_URL}/api/newsletter/unsubscribe/abc">x</a>` })).toEqual([
      'blocking unsubscribe-link-in-body',
    ]);
  });

  it('knows the domain of a sender in Unicode by its A-label', () => {
    const domains = parseConfig({
      transports: { relay: { host: 'localhost' } },
      domains: { 'xn--r8jz45g.jp': { dkim: 'relay' } },
    });
    const sender = { id: 'x', name: 'X', email: 'news@例え.jp' };
    expect(find({ sender }, { config: domains })).toEqual([]);
  });

  it('blocks a sender whose key cannot be used, and nobody else', () => {
    const problem = (domain: string) => ({ domain, path: 'domains', message: 'expected an RSA key' });
    expect(find({}, { domainProblems: [problem('example.com')] })).toEqual(['blocking dkim-key']);
    expect(find({}, { domainProblems: [problem('other.org')] })).toEqual([]);
  });

  it('blocks an address that recipients cannot reach in production, and warns elsewhere', () => {
    expect(find({}, { publicUrl: 'http://localhost:1337' })).toEqual(['blocking public-url']);
    expect(find({}, { publicUrl: 'http://news.example.com' })).toEqual(['blocking public-url']);
    expect(find({}, { publicUrl: 'http://localhost:1337', production: false })).toEqual([
      'warning public-url',
    ]);
  });

  it.each([
    ['<a href="javascript:x">x</a>', 'unsafe-link'],
    ['<a href="">x</a>', 'empty-link'],
    ['<a href="#">x</a>', 'empty-link'],
    ['<a href="/about">x</a>', 'relative-link'],
    ['<a href="https://exa mple.com">x</a>', 'invalid-link'],
    ['<img src="https://example.com/a.png">', 'image-without-alt'],
    ['<form></form>', 'unsupported-element'],
    ['{{fristName}}', 'unknown-variable'],
    ['{{{firstName}}}', 'raw-value'],
    [`<p>${'x'.repeat(110 * 1024)}</p>`, 'html-size'],
  ])('warns about %.40s', (body, id) => {
    expect(find({ body })).toEqual([`warning ${id}`]);
  });

  it('warns about attributes that nobody declared, wherever they are used', () => {
    const attributes = [{ name: 'plan', label: 'Plan', type: 'string' as const, public: false }];
    const plan = { settings: { ...settings, attributes } };
    const warning = 'warning undeclared-attribute';
    expect(find({ body: '{{attributes.plan}}' }, plan)).toEqual([]);
    expect(find({ body: '{{attributes.plan}}' })).toEqual([warning]);
    for (const body of ['{{#if attributes.paln}}x{{/if}}', '{{#each x}}{{@root.attributes.paln}}{{/each}}'])
      expect(find({ body }, plan)).toContain(warning);
    expect(find({ body: '{{#each attributes.plan}}{{attributes.of}}{{/each}}' }, plan)).toEqual([]);
    expect(find({ subject: 'Your {{attributes.paln}}' }, plan)).toEqual([warning]);
    expect(find({ preheader: '{{attributes.paln}}' }, plan)).toEqual([warning]);
    expect(find({ templateHtml: '{{attributes.paln}} {{{content}}}' }, plan)).toEqual([warning]);
  });

  it('warns about subjects and a missing language', () => {
    expect(find({ subject: 'x'.repeat(71) })).toEqual(['warning subject-long']);
    expect(find({ subject: '{{firstName}}' })).toEqual(['warning subject-may-be-empty']);
    expect(find({ defaultLanguage: 'ja' })).toEqual(['warning missing-language']);
  });
});

describe('preview', () => {
  const ctx = { urls: { preview: (claim: object) => `preview:${JSON.stringify(claim)}` } } as never;
  const request = { subscriber: null, language: null, variant: null };

  it('shows the mail to a sample person or a chosen one, with personal links inert', () => {
    const snapshot = snapshotOf({ subject: 'Hi {{name}}', body: '<a href="https://example.com">x</a>' });
    const preview = buildPreview(ctx, snapshot, request, 1000);
    expect(preview).toMatchObject({
      subject: 'Hi Alex Morgan',
      to: 'Alex Morgan <alex@example.com>',
      from: 'Acme <news@example.com>',
      error: null,
    });
    expect(preview.html).toContain('href="https://example.com" target="_blank" rel="noopener noreferrer"');
    expect(preview.html).not.toContain('newsletter.invalid');
    expect(preview.html).not.toContain('<img');
    expect(preview.frameUrl).toContain('"expiresAt":901000');
    const chosen = buildPreview(ctx, snapshot, { ...request, subscriber: { ...person(), documentId: 'p1' } });
    expect(chosen).toMatchObject({ subject: 'Hi Ann Lee', to: 'Ann Lee <ann@example.com>' });
    expect(chosen.frameUrl).toContain('"subscriberId":"p1"');
  });

  it('gives the sample person a value of each declared attribute, in its type', () => {
    const declared = (['string', 'number', 'boolean', 'date'] as const).map((type) => ({
      name: type,
      label: `A ${type}`,
      type,
      public: false,
    }));
    const subject =
      '{{attributes.string}}|{{attributes.number}}|{{#if attributes.boolean}}yes{{/if}}|{{formatDate attributes.date "long"}}';
    const preview = buildPreview(ctx, snapshotOf({ subject }), { ...request, declared });
    expect(preview.subject).toBe('A string|12|yes|May 31, 2026');
  });

  it('gives the first problem of a broken source and nothing else', () => {
    const preview = buildPreview(ctx, snapshotOf({ body: '{{#if x}}' }), request);
    expect(preview).toMatchObject({
      html: '',
      text: '',
      frameUrl: '',
      error: { where: 'body', line: 1, column: 1 },
    });
  });
});
