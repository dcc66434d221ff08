import { WebhookRefusal } from './types';

export type Json = Record<string, unknown>;

/** @throws WebhookRefusal 400 */
export function parseJson(body: Buffer | string): unknown {
  try {
    return JSON.parse(body.toString()) as unknown;
  } catch {
    throw new WebhookRefusal(400, 'The body is not JSON.');
  }
}

/** An object, or an empty one for anything else: what is missing reads as missing. */
export const object = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};

export const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** A string, or a number as one, without the characters that no column takes; '' for anything else. */
export const text = (value: unknown): string =>
  typeof value === 'string'
    ? // eslint-disable-next-line no-control-regex
      value.replace(/\u0000/g, '').slice(0, 4000)
    : typeof value === 'number'
      ? String(value)
      : '';

export const textOrNull = (value: unknown): string | null => text(value) || null;

/** Seconds since 1970, milliseconds since 1970 or ISO 8601, in milliseconds since 1970; the fallback for anything else. */
export function time(value: unknown, fallback: number): number {
  const number = typeof value === 'string' && /^\d+(\.\d+)?$/.test(value) ? Number(value) : value;
  const at = typeof number === 'number' ? (number < 1e11 ? number * 1000 : number) : Date.parse(text(value));
  // Nothing happens in the future, and nothing before there was mail like this.
  return Number.isFinite(at) && at > 0 ? Math.round(Math.min(at, fallback)) : fallback;
}

/** Some keys of an object, for the evidence: not the subject, not the reader's address on the network. */
export const pick = (from: Json, ...keys: string[]): Json =>
  Object.fromEntries(keys.filter((key) => from[key] !== undefined).map((key) => [key, from[key]]));
