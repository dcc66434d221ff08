import { isSafeUrl } from '../escape';

export interface Bases {
  /** Public address of this Strapi (`server.absoluteUrl`), without a slash at the end: `/uploads/…` is below it. */
  baseUrl: string;
  /** Address of the entry on the website; other relative addresses are seen from there. By default `baseUrl`. */
  siteUrl?: string | null;
}

/** Where a media file is, or null when the address is none that a mail can load. */
export function mediaAddress(address: string, bases: Bases): string | null {
  const url = resolve(address, bases, bases.baseUrl);
  return url && /^https?:/i.test(url) ? url : null;
}

/** Where a link leads, or null when it leads nowhere from a mail: in-page anchors, scripts, data. */
export function linkAddress(address: string, bases: Bases): string | null {
  return resolve(address, bases, bases.siteUrl || bases.baseUrl);
}

function resolve(address: string, { baseUrl }: Bases, relativeTo: string): string | null {
  const url = address.replace(/[\t\n\r]/g, '').trim();
  if (url === '' || url.startsWith('#') || !isSafeUrl(url) || /^cid:/i.test(url)) return null;
  if (/^(mailto|tel|sms):/i.test(url)) return url;
  const upload = uploadPath(url);
  // Joined as texts: a Strapi below a path (https://example.com/cms) has its uploads there too.
  if (upload !== null) return parsed(`${baseUrl.replace(/\/+$/, '')}${upload}`);
  if (url.startsWith('//')) return parsed(`https:${url}`);
  return parsed(url, relativeTo);
}

/** Strapi's blocks editor stores images with the address of the machine at which the editor sat. */
function uploadPath(url: string): string | null {
  const local = /^https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?(\/uploads\/.*)$/i.exec(url);
  return local?.[1] ?? (url.startsWith('/uploads/') ? url : null);
}

function parsed(url: string, base?: string): string | null {
  if (!URL.canParse(url, base)) return null;
  const { href, protocol } = new URL(url, base);
  return protocol === 'http:' || protocol === 'https:' ? href : null;
}

/** Addresses signed by storage providers carry their end in the query (S3, Google Cloud, CloudFront, Azure). */
export const isSignedAddress = (url: string): boolean =>
  /[?&](X-Amz-Signature|X-Goog-Signature|Signature|sig)=/i.test(url);

/** The page of an embedded video that a person can open. */
export function watchAddress(url: string): string {
  const youtube = /^https:\/\/(?:www\.)?youtube(?:-nocookie)?\.com\/embed\/([\w-]+)/i.exec(url);
  if (youtube) return `https://www.youtube.com/watch?v=${youtube[1]}`;
  const vimeo = /^https:\/\/player\.vimeo\.com\/video\/(\d+)/i.exec(url);
  return vimeo ? `https://vimeo.com/${vimeo[1]}` : url;
}
