/**
 * Why recipients could not follow links that start with this address, as a sentence, or null. Only production is
 * held to it: a development machine has nothing but loopback.
 */
export function publicUrlProblem({
  publicUrl,
  production,
}: {
  publicUrl: string;
  production: boolean;
}): string | null {
  if (!production) return null;
  const url = URL.canParse(publicUrl) ? new URL(publicUrl) : null;
  const repair =
    'Set newsletter.config.publicUrl (or server.url) to the https address under which recipients reach this Strapi.';
  if (!url) return `Links in mails would start with "${publicUrl}", which is not a web address. ${repair}`;
  if (isLoopback(url.hostname))
    return `Links in mails would lead to ${url.host}, which only this machine can reach. ${repair}`;
  if (url.protocol !== 'https:')
    return `Links in mails would start with ${publicUrl}, which is not https. ${repair}`;
  return null;
}

function isLoopback(hostname: string): boolean {
  return /^(localhost|.+\.localhost|127(\.\d+){3}|0\.0\.0\.0|\[::1?\])$/.test(hostname);
}
