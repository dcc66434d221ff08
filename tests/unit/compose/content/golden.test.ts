import { describe, expect, it } from 'vitest';
import {
  entryToHtml,
  entryToText,
  type BlockNode,
  type ContentKind,
  type ContentOptions,
} from '../../../../server/src/compose';

const bases = { baseUrl: 'https://cms.example.com', siteUrl: 'https://www.example.com/en/blog/hello' };

function convert(value: unknown, kind: ContentKind, options: Partial<ContentOptions> = {}) {
  const notes: string[] = [];
  const html = entryToHtml(value, kind, { ...bases, note: (sentence) => notes.push(sentence), ...options });
  return { html, notes };
}
const htmlOf = (value: unknown, kind: ContentKind, options: Partial<ContentOptions> = {}) =>
  convert(value, kind, options).html;

const text = (value: string, marks: object = {}) => ({ type: 'text', text: value, ...marks });
const photo = {
  name: 'photo.jpg',
  alternativeText: 'A "boat"',
  caption: 'At sea',
  url: '/uploads/photo.jpg',
  mime: 'image/jpeg',
  width: 4000,
  height: 2000,
  formats: {
    thumbnail: { url: '/uploads/thumbnail_photo.jpg', width: 245, height: 123 },
    medium: { url: '/uploads/medium_photo.jpg', width: 750, height: 375 },
    large: { url: '/uploads/large_photo.jpg', width: 1000, height: 500 },
  },
};

describe('blocks', () => {
  it('shows every type of Strapi’s editor', () => {
    const blocks = [
      { type: 'heading', level: 2, children: [text('News & more')] },
      {
        type: 'paragraph',
        children: [
          text('Bold', { bold: true }),
          text(' and '),
          text('all', { bold: true, italic: true, underline: true, strikethrough: true, code: true }),
          text(' a\nnew line '),
          { type: 'link', url: '/about', rel: 'noopener', target: '_blank', children: [text('about us')] },
        ],
      },
      {
        type: 'list',
        format: 'ordered',
        children: [
          { type: 'list-item', children: [text('one')] },
          {
            type: 'list',
            format: 'unordered',
            indentLevel: 1,
            children: [{ type: 'list-item', children: [text('inner')] }],
          },
          { type: 'list-item', children: [text('two')] },
        ],
      },
      { type: 'quote', children: [text('To be')] },
      { type: 'code', language: 'javascript', children: [text('if (a < b) {\n  {{run}}\n}')] },
      { type: 'paragraph', children: [text('')] },
      { type: 'image', image: photo, children: [text('')] },
    ];
    expect(htmlOf(blocks, 'blocks')).toMatchInlineSnapshot(`
      "<h2>News &amp; more</h2>
      <p><strong>Bold</strong> and <strong><em><u><s><code style="font-family:Consolas,Menlo,monospace;font-size:0.9em">all</code></s></u></em></strong> a<br>new line <a href="https://www.example.com/about">about us</a></p>
      <ol><li>one<ul><li>inner</li></ul></li><li>two</li></ol>
      <blockquote>To be</blockquote>
      <pre style="margin:0 0 16px;padding:12px 16px;background-color:#f3f4f7;border-radius:4px;font-family:Consolas,Menlo,monospace;font-size:14px;line-height:1.5;white-space:pre-wrap"><code style="font-family:Consolas,Menlo,monospace;font-size:0.9em">if (a &lt; b) &#123;
        &#123;&#123;run}}
      }</code></pre>

      <div style="margin:0 0 16px"><img src="https://cms.example.com/uploads/large_photo.jpg" alt="A &quot;boat&quot;" width="600" height="300" style="max-width:100%;height:auto"><div style="margin:6px 0 0;font-size:13px;color:#667085">At sea</div></div>"
    `);
    expect(entryToText(blocks, 'blocks')).toBe(
      'News & more Bold and all a new line about us one inner two To be if (a < b) { {{run}} } At sea',
    );
  });

  it('keeps the text of blocks that it does not know, and lets a renderer show them', () => {
    const blocks = [{ type: 'callout', tone: 'warm', children: [text('Mind the gap')] }];
    expect(htmlOf(blocks, 'blocks')).toBe('<div>Mind the gap</div>');
    const renderers = {
      callout: (node: BlockNode, children: string) =>
        `<p style="color:red" onclick="x()" title="${String(node.tone)}">${children}<script>x</script></p>`,
    };
    expect(htmlOf(blocks, 'blocks', { renderers })).toBe(
      '<p title="warm" style="color:red">Mind the gap</p>',
    );
  });

  it('mends a list item that stands alone, and takes a nested list without an item before it', () => {
    const inner = {
      type: 'list',
      format: 'ordered',
      children: [{ type: 'list-item', children: [text('x')] }],
    };
    expect(htmlOf([{ type: 'list', format: 'unordered', children: [inner] }], 'blocks')).toBe(
      '<ul><li><ol><li>x</li></ol></li></ul>',
    );
    expect(htmlOf([{ type: 'list-item', children: [text('x')] }], 'blocks')).toBe('<div>x</div>');
  });

  it.each([
    [null],
    [undefined],
    ['text'],
    [5],
    [{}],
    [[null, 3, 'a', {}, { type: 5 }]],
    [[{ type: 'paragraph' }]],
  ])('gives nothing for %j', (value) => {
    expect(htmlOf(value, 'blocks')).toBe('');
    expect(entryToText(value, 'blocks')).toBe('');
  });

  it('keeps the text of blocks that lie deeper than any mail', () => {
    let node: object = text('bottom');
    for (let depth = 0; depth < 20_000; depth++) node = { type: 'quote', children: [node] };
    const html = htmlOf([node], 'blocks');
    expect(html).toContain('bottom');
    expect(html.length).toBeLessThan(3000);
  });
});

describe('Markdown', () => {
  it('reads what Content Manager’s editor writes', () => {
    const source = `# 夏のお知らせ

Hello **you**, see www.example.org
and [the shop](/shop) or <u>this</u>.

| Day | Price |
|-----|------:|
| Mon | 5 € |

![Boat](/uploads/boat.png)

- [ ] one
  - two

\`{{name}}\` <script>alert(1)</script>`;
    expect(htmlOf(source, 'markdown')).toMatchInlineSnapshot(`
      "<h1>夏のお知らせ</h1>
      <p>Hello <strong>you</strong>, see <a href="http://www.example.org/">www.example.org</a><br>
      and <a href="https://www.example.com/shop">the shop</a> or <u>this</u>.</p>
      <table style="border-collapse:collapse;margin:0 0 16px"><thead><tr><th style="padding:6px 10px;border:1px solid #d5d9e2;vertical-align:top;text-align:left">Day</th><th style="padding:6px 10px;border:1px solid #d5d9e2;vertical-align:top;text-align:right">Price</th></tr></thead><tbody><tr><td style="padding:6px 10px;border:1px solid #d5d9e2;vertical-align:top">Mon</td><td style="padding:6px 10px;border:1px solid #d5d9e2;vertical-align:top;text-align:right">5 €</td></tr></tbody></table>
      <p><img src="https://cms.example.com/uploads/boat.png" alt="Boat" style="max-width:100%;height:auto"></p>
      <ul>
      <li>[ ] one
      <ul>
      <li>two</li>
      </ul>
      </li>
      </ul>
      <p><code style="font-family:Consolas,Menlo,monospace;font-size:0.9em">&#123;&#123;name}}</code> </p>"
    `);
    expect(entryToText('# Hi\n\n**you** & me', 'markdown')).toBe('Hi you & me');
  });
});

describe('HTML of an editor', () => {
  it('keeps what mails can show and turns classes into styles', () => {
    const source =
      '<h2 class="x" style="text-align:center;position:fixed">Title</h2>' +
      '<p style="margin-left:40px"><span class="text-big" style="color:hsl(0,75%,60%);background:url(x)">Big</span> <mark class="marker-yellow">m</mark></p>' +
      '<figure class="image image-style-align-center" style="width:50%"><img src="//cdn.example.com/a.jpg" srcset="x 2x" width="1200" height="600" onerror="x()"><figcaption>Cap</figcaption></figure>' +
      '<figure class="table"><table><thead><tr><th>A</th></tr></thead><tbody><tr><td colspan="2">B</td></tr></tbody></table></figure>' +
      '<table role="presentation" width="100%"><tr><td bgcolor="#ffffff">layout</td></tr></table>' +
      '<p><a href="MAILTO:a@example.com" target="_blank" rel="x">write</a> <a href="#top">up</a> <a href="other">other</a></p>' +
      '<ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp></ruby><p dir="rtl" lang="ar">مرحبا</p>';
    expect(htmlOf(source, 'html')).toMatchInlineSnapshot(
      `"<h2 style="text-align:center">Title</h2><p style="margin-left:40px"><span style="font-size:20px;color:hsl(0,75%,60%)">Big</span> <mark style="background-color:#fdfd77">m</mark></p><div style="margin:0 0 16px;text-align:center;width:50%"><img src="https://cdn.example.com/a.jpg" alt="" width="600" height="300" style="max-width:100%;height:auto"><div style="margin:6px 0 0;font-size:13px;color:#667085">Cap</div></div><div style="margin:0 0 16px"><table style="border-collapse:collapse;margin:0 0 16px"><thead><tr><th style="padding:6px 10px;border:1px solid #d5d9e2;vertical-align:top;text-align:left">A</th></tr></thead><tbody><tr><td colspan="2" style="padding:6px 10px;border:1px solid #d5d9e2;vertical-align:top">B</td></tr></tbody></table></div><table role="presentation" width="100%"><tr><td bgcolor="#ffffff">layout</td></tr></table><p><a href="MAILTO:a@example.com">write</a> up <a href="https://www.example.com/en/blog/other">other</a></p><ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp></ruby><p dir="rtl" lang="ar">مرحبا</p>"`,
    );
    expect(entryToText('<p>一<b>二</b></p><p>三</p><ruby>漢<rt>かん</rt></ruby>', 'html')).toBe('一二 三 漢');
  });

  it('puts a link in the place of what mails cannot play, and says so once', () => {
    const { html, notes } = convert(
      '<figure class="media"><oembed url="https://www.youtube.com/watch?v=1"></oembed></figure>' +
        '<iframe src="https://player.vimeo.com/video/42" title="Our film">x</iframe><video><source src="/a.mp4">old browser</video>',
      'html',
    );
    expect(html).toBe(
      '<div style="margin:0 0 16px"><p><a href="https://www.youtube.com/watch?v=1">▶ https://www.youtube.com/watch?v=1</a></p></div>' +
        '<p><a href="https://vimeo.com/42">▶ Our film</a></p>',
    );
    expect(notes).toEqual([
      'A video, player or foreign page was left out: mail programs do not show them. A link is in its place.',
      'A video, player or foreign page was left out: mail programs do not show them. Its address is unknown.',
    ]);
  });

  it('drops scripts, styles, hidden text and forms with what is in them, and says so of forms and data images', () => {
    const { html, notes } = convert(
      'a<script>b</script><style>c{}</style><p hidden>d</p><p style="color:red; DISPLAY : none">e</p><svg><text>f</text></svg>' +
        '<form action="x">g<input value="h"><button>i</button><textarea>j</textarea></form><img src="data:image/png;base64,AAAA">' +
        '<!-- k --><a href=" java\nscript:alert(1)">l</a><a href="data:text/html,x">m</a><title>n</title>',
      'html',
    );
    expect(html).toBe('aglm');
    expect(notes).toHaveLength(2);
  });

  it('keeps tables whole whose parts stand in the wrong place', () => {
    expect(htmlOf('<table border=1>a<td>b<tr>c</table><tr><td>d</td></tr><li>e</li><dt>f</dt>', 'html')).toBe(
      '<table border="1"><tr><td>a</td></tr><tr><td>b</td></tr><tr><td>c</td></tr></table>' +
        '<div>d</div><div>e</div><div>f</div>',
    );
  });
});

describe('plain text and media', () => {
  it('parts paragraphs at blank lines', () => {
    expect(htmlOf('a <b>\r\nb\n\n\n  c {{d}}\n', 'text')).toBe(
      '<p>a &lt;b&gt;<br>b</p>\n<p>  c &#123;&#123;d}}</p>',
    );
    expect(entryToText('a\r\nb  c', 'text')).toBe('a b c');
    expect(htmlOf(12.5, 'text')).toBe('<p>12.5</p>');
  });

  it('takes the version of an image that suits a mail, and links other files', () => {
    const { html, notes } = convert(
      [photo, { url: 'https://cdn.example.com/a.pdf', name: 'Report', mime: 'application/pdf' }, null, {}],
      'media',
    );
    expect(html).toMatchInlineSnapshot(`
      "<div style="margin:0 0 16px"><img src="https://cms.example.com/uploads/large_photo.jpg" alt="A &quot;boat&quot;" width="600" height="300" style="max-width:100%;height:auto"><div style="margin:6px 0 0;font-size:13px;color:#667085">At sea</div></div>
      <p><a href="https://cdn.example.com/a.pdf">Report</a></p>"
    `);
    expect(notes).toEqual([]);
  });

  it('says when an address will not last', () => {
    const { html, notes } = convert(
      { url: 'https://s3.example.com/a.png?X-Amz-Signature=1', mime: 'image/png' },
      'media',
    );
    expect(html).toContain('src="https://s3.example.com/a.png?X-Amz-Signature=1"');
    expect(notes.join()).toContain('stops working');
  });
});

describe('addresses', () => {
  const href = (address: string, options: Partial<ContentOptions> = {}) =>
    /href="([^"]*)"/.exec(htmlOf(`<a href="${address}">x</a>`, 'html', options))?.[1] ?? null;

  it.each([
    ['/uploads/a.pdf', 'https://cms.example.com/uploads/a.pdf'],
    ['http://localhost:1337/uploads/a.pdf', 'https://cms.example.com/uploads/a.pdf'],
    ['/about?a=1&amp;b=2', 'https://www.example.com/about?a=1&amp;b=2'],
    ['next', 'https://www.example.com/en/blog/next'],
    ['//cdn.example.com/x', 'https://cdn.example.com/x'],
    ['https://例え.jp/あ', 'https://xn--r8jz45g.jp/%E3%81%82'],
    ['tel:+81-3-1234', 'tel:+81-3-1234'],
    ['https://', null],
    ['', null],
    ['#a', null],
    ['vbscript:x', null],
    ['file:///etc/passwd', null],
    ['cid:x', null],
  ])('%s → %s', (address, expected) => {
    expect(href(address)).toBe(expected);
  });

  it('keeps the path of a Strapi that is not at the root', () => {
    expect(href('/uploads/a.pdf', { baseUrl: 'https://example.com/cms/' })).toBe(
      'https://example.com/cms/uploads/a.pdf',
    );
    expect(href('/a', { siteUrl: null })).toBe('https://cms.example.com/a');
  });
});
