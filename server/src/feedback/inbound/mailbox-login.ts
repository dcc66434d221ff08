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
