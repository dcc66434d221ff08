import { createHash, randomBytes } from 'node:crypto';
import type { PageLanguage, Settings } from '../../../../shared/contracts';
import { html, Html } from './html';
import { WORDS } from './words';

export interface Page {
  /** 200 unless said otherwise. */
  status?: number;
  language: PageLanguage;
  title: string;
  content: Html;
  /** Shown in frames of other sites: without brand and postal address. */
  frame?: boolean;
  /** The page has the captcha's widget: its script, style and worker, all from this server. */
  captcha?: boolean;
  /** Where the answer to the page's form may redirect to, besides this server. */
  formTarget?: string;
}

export interface RenderedPage {
  body: string;
  /** Content-Security-Policy under which the page works: its style sheet, the logo, forms to this server, the captcha. */
  csp: string;
}

/** The frame of all public pages. No script (but a captcha's), no cookie, nothing from elsewhere but the logo. */
export function renderPage(page: Page, brand: Settings['brand']): RenderedPage {
  const logo = page.frame ? null : logoOf(brand);
  const css = styles(brand.color) + (page.frame ? FRAME_STYLES : '');
  const nonce = page.captcha ? randomBytes(16).toString('base64') : null;
  // Our own text and a checked colour: escaping its quotation marks would break style and hash (below).
  const style = new Html(`<style>${css}</style>`);
  const words = WORDS[page.language];
  const body = html`<!doctype html>
    <html lang="${page.language}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>${page.title}${brand.name && ` – ${brand.name}`}</title>
        ${style}
        ${nonce &&
        html`<link rel="stylesheet" href="captcha/altcha.css" nonce="${nonce}" />
          <script src="captcha/altcha.js" nonce="${nonce}" defer></script>`}
      </head>
      <body>
        ${!page.frame &&
        (logo ?? brand.name) &&
        html`<header>
          ${logo
            ? html`<img src="${logo.href}" alt="${brand.name}" />`
            : html`<p class="brand">${brand.name}</p>`}
        </header>`}
        <main>
          <h1>${page.title}</h1>
          ${page.content}
        </main>
        ${!page.frame && footer(brand, words.contact)}
      </body>
    </html> `;
  return {
    body: body.toString(),
    csp: [
      "default-src 'none'",
      `style-src 'sha256-${createHash('sha256').update(css).digest('base64')}'${nonce ? ` 'nonce-${nonce}'` : ''}`,
      ...(nonce ? [`script-src 'nonce-${nonce}'`, "worker-src 'self'", "connect-src 'self'"] : []),
      ...(logo ? [`img-src ${logo.origin}`] : []),
      `form-action 'self'${webOrigin(page.formTarget)}`,
      "base-uri 'none'",
      `frame-ancestors ${page.frame ? '*' : "'none'"}`,
    ].join('; '),
  };
}

function footer(brand: Settings['brand'], contact: string): Html | null {
  const lines = [brand.name, brand.postalAddress].filter(Boolean);
  if (lines.length === 0 && !brand.contact) return null;
  return html`<footer>
    ${lines.map((line) => html`<p>${line}</p>`)} ${brand.contact && html`<p>${contact}: ${brand.contact}</p>`}
  </footer>`;
}

/** A message about what has just been done, read out first and focused, so that it is not missed. */
export const notice = (text: string): Html =>
  html`<p class="notice" role="status" tabindex="-1" autofocus>${text}</p>`;

function webOrigin(address: string | undefined): string {
  if (!address || !URL.canParse(address)) return '';
  const { protocol, origin } = new URL(address);
  return /^https?:$/.test(protocol) ? ` ${origin}` : '';
}

function logoOf(brand: Settings['brand']): URL | null {
  if (!URL.canParse(brand.logoUrl)) return null;
  const url = new URL(brand.logoUrl);
  return url.protocol === 'https:' || url.protocol === 'http:' ? url : null;
}

const FRAME_STYLES = `body{padding:0;background:transparent}
main{border:0;border-radius:0;padding:16px;max-width:none}`;

function styles(color: string): string {
  return `:root{--brand:${color};--on-brand:${textOn(color)};color-scheme:light}
*{box-sizing:border-box}
body{margin:0;padding:24px 16px;background:#f4f4f6;color:#1f1f29;font:16px/1.6 system-ui,-apple-system,"Segoe UI","Hiragino Sans","Noto Sans JP","Noto Sans CJK JP",sans-serif;overflow-wrap:anywhere}
header,main,footer{max-width:560px;margin:0 auto}
header{padding:8px 0 20px;text-align:center}
header img{max-width:240px;max-height:72px;vertical-align:middle}
.brand{margin:0;font-size:20px;font-weight:700}
main{background:#fff;border:1px solid #dcdce4;border-top:4px solid var(--brand);border-radius:8px;padding:32px}
h1{margin:0 0 16px;font-size:26px;line-height:1.3}
h2{margin:0 0 8px;font-size:18px;line-height:1.4}
p{margin:0 0 16px}
ul{margin:0 0 16px;padding-left:24px}
a{color:#1f1f29;text-underline-offset:3px}
section{margin-top:32px;padding-top:24px;border-top:1px solid #dcdce4}
form{margin:0 0 16px}
form:last-child,p:last-child{margin-bottom:0}
fieldset{margin:0 0 24px;padding:0;border:0;min-width:0}
legend{padding:0;margin:0 0 8px;font-weight:700}
.choice{display:flex;gap:12px;align-items:flex-start;padding:8px 0}
.choice input{flex:none;width:20px;height:20px;margin:3px 0 0;accent-color:var(--brand)}
.choice small{display:block;color:#55556a;font-size:14px}
.field{display:block;margin:0 0 4px;font-weight:700}
select,textarea,input:not([type=checkbox],[type=radio]){font:inherit;width:100%;min-height:44px;padding:8px 12px;margin:0 0 24px;border:1px solid #8e8ea9;border-radius:6px;background:#fff;color:inherit}
button{font:inherit;font-weight:600;min-height:44px;padding:10px 20px;border-radius:6px;border:1px solid var(--brand);background:var(--brand);color:var(--on-brand);cursor:pointer}
button.plain{border-color:#8e8ea9;background:#fff;color:#1f1f29}
button.danger{border-color:#b72b1a;background:#b72b1a;color:#fff}
.actions{display:flex;flex-wrap:wrap;gap:12px;align-items:center}
.actions form{margin:0}
textarea{display:block;resize:vertical}
summary{min-height:44px;padding:8px 0;cursor:pointer}
details fieldset{margin-top:8px}
a:focus-visible,button:focus-visible,input:focus-visible,select:focus-visible,textarea:focus-visible,summary:focus-visible{outline:3px solid #1f1f29;outline-offset:3px}
.notice{padding:12px 16px;border-left:4px solid #2f6846;background:#eafbe7;outline:0}
.quote{padding:12px 16px;border-left:4px solid #c0c0cf;background:#f6f6f9;white-space:pre-line}
.problem{margin:-16px 0 24px;color:#a12312;font-weight:600}
input[aria-invalid=true]{border-color:#b72b1a}
.problem[role=alert]{margin:0 0 24px;padding:12px 16px;border-left:4px solid #b72b1a;background:#fcecea}
fieldset .problem{margin:0}
.trap{position:absolute;left:-9999px;width:1px;height:1px;overflow:hidden}
altcha-widget{display:block;margin:0 0 24px}
.small{font-size:14px;color:#55556a}
footer{padding:20px 0;text-align:center;font-size:13px;color:#55556a}
footer p{margin:0 0 4px;white-space:pre-line}
@media (max-width:480px){main{padding:24px 20px}.actions,.actions form,button{width:100%}}`;
}

/** Black or white, whichever reads better on the colour (WCAG 2.2, relative luminance). */
function textOn(color: string): '#000' | '#fff' {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const channel = parseInt(color.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  const luminance = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  return (luminance + 0.05) / 0.05 > 1.05 / (luminance + 0.05) ? '#000' : '#fff';
}
