import { compile } from 'html-to-text';

const convert = compile({
  // Long lines are left to the reader's program: Japanese has no blanks to break at.
  wordwrap: false,
  selectors: [
    {
      selector: 'a',
      options: { hideLinkHrefIfSameAsText: true, noAnchorUrl: true, linkBrackets: ['<', '>'] },
    },
    { selector: 'img', format: 'skip' },
    // A heading's capitals would shout names, and mean nothing in Japanese.
    ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((selector) => ({ selector, options: { uppercase: false } })),
    { selector: '[hidden]', format: 'skip' },
    ...['style', 'script', 'title'].map((selector) => ({ selector, format: 'skip' })),
  ],
});

/** The plain-text part of an HTML part: links as `text <address>`, paragraphs apart, no images. */
export const htmlToText = (html: string): string =>
  `${convert(html)
    .replace(/\n{3,}/g, '\n\n')
    .trim()}\n`;
