import type { ImapFlow } from 'imapflow';
import XOAuth2 from 'nodemailer/lib/xoauth2';
import type { MailboxConfig } from '../../config';

/** What a connection to a mailbox logs in with. */
export type MailboxLogin = { user: string; pass: string } | { user: string; accessToken: string };

/**
 * Made once per mailbox: with a refresh token it keeps the access token, and gets a new one when that runs out.
 * @param renew the server said no to the last one
 * @throws Error of the provider when it gives no token
 */
export function createMailboxLogin(auth: MailboxConfig['auth']): (renew: boolean) => Promise<MailboxLogin> {
  if (!('refreshToken' in auth)) return () => Promise.resolve(auth);
  const { user, ...application } = auth;
  const oauth2 = new XOAuth2({ user, ...application });
  return (renew) =>
    new Promise((resolve, reject) => {
      oauth2.getToken(renew, (error, accessToken) =>
        error ? reject(error) : resolve({ user, accessToken }),
      );
    });
}

/** Milliseconds of silence after which a server counts as gone. */
const SILENCE = 120_000;

/** A connection that was not made yet. imapflow takes half a second and 20 MB to load: only who has a mailbox pays. */
export async function createMailboxClient(
  { host, port, secure, tls, maxSizeKib, pollSeconds }: MailboxConfig,
  auth: MailboxLogin,
): Promise<ImapFlow> {
  const { ImapFlow: Client } = await import('imapflow');
  return new Client({
    host,
    port,
    secure,
    // A password never crosses the wire in the clear.
    ...(secure ? {} : { doSTARTTLS: true }),
    auth,
    tls,
    logger: false,
    disableAutoIdle: true,
    // Some servers close a connection that idles for half an hour, some routers much earlier.
    maxIdleTime: 5 * 60_000,
    connectionTimeout: 30_000,
    greetingTimeout: 30_000,
    socketTimeout: pollSeconds * 1000 + SILENCE,
    maxLiteralSize: (maxSizeKib + 64) * 1024,
    maxResponseSize: (maxSizeKib + 128) * 1024,
  });
}
