import { escapeHtml } from '../escape';

/** Width of a mail's column in CSS pixels: wider images are scaled down. */
export const MAX_WIDTH = 600;
/** Pixels that an image of full width needs on a screen of double density, about. */
const ENOUGH_PIXELS = 1000;

/** A file as Strapi's upload plugin and the blocks editor store it. */
interface MediaFile {
  url: string;
  name: string;
  alternativeText: string;
  caption: string;
  mime: string;
  width: number | null;
  height: number | null;
  formats: { url: string; width: number; height: number }[];
}

/** One file or several as images, and links to files that are none. */
export function mediaToHtml(value: unknown): string {
  const files = Array.isArray(value) ? value.slice(0, 200) : [value];
  return files.map((file) => fileToHtml(readFile(file))).join('\n');
}

function fileToHtml(file: MediaFile | null): string {
  if (!file) return '';
  if (file.mime !== '' && !file.mime.startsWith('image/')) {
    return `<p><a href="${escapeHtml(file.url)}">${escapeHtml(file.caption || file.name || file.url)}</a></p>`;
  }
  const { url, width, height } = bestVersion(file);
  const size = width && height ? ` width="${width}" height="${height}"` : '';
  // The editor fills an empty alternative text with the file's name, which says nothing to a listener.
  const alt = file.alternativeText === file.name ? '' : file.alternativeText;
  const image = `<img src="${escapeHtml(url)}" alt="${escapeHtml(alt)}"${size}>`;
  return `<figure>${image}${file.caption ? `<figcaption>${escapeHtml(file.caption)}</figcaption>` : ''}</figure>`;
}

/** The smallest version that is sharp enough, so that a photo of 20 MB does not travel to each reader. */
function bestVersion(file: MediaFile): { url: string; width: number | null; height: number | null } {
  const enough = file.formats
    .filter(({ width }) => width >= Math.min(file.width ?? ENOUGH_PIXELS, ENOUGH_PIXELS))
    .sort((a, b) => a.width - b.width);
  return enough[0] ?? file;
}

function readFile(value: unknown): MediaFile | null {
  if (typeof value !== 'object' || value === null) return null;
  const file = value as Record<string, unknown>;
  if (typeof file.url !== 'string' || file.url === '') return null;
  const formats =
    typeof file.formats === 'object' && file.formats !== null ? Object.values(file.formats) : [];
  return {
    url: file.url,
    name: text(file.name),
    alternativeText: text(file.alternativeText),
    caption: text(file.caption),
    mime: text(file.mime),
    width: pixels(file.width),
    height: pixels(file.height),
    formats: formats.flatMap((format: unknown) => {
      const { url, width, height } = (format ?? {}) as Record<string, unknown>;
      const [w, h] = [pixels(width), pixels(height)];
      return typeof url === 'string' && w && h ? [{ url, width: w, height: h }] : [];
    }),
  };
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const pixels = (value: unknown): number | null =>
  typeof value === 'number' && value >= 1 && value <= 100_000 ? Math.round(value) : null;

/** Width and height of an image scaled into the column; null for what is not known. */
export function fitted(
  width: number | null,
  height: number | null,
): { width: number | null; height: number | null } {
  if (width === null || width <= MAX_WIDTH) return { width, height };
  return {
    width: MAX_WIDTH,
    height: height === null ? null : Math.max(1, Math.round((height * MAX_WIDTH) / width)),
  };
}
