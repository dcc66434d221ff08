/** Whether a text is an http(s) address: others have no place in a mail or on a page. */
export function isWebAddress(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}
