import type SMTPConnection from 'nodemailer/lib/smtp-connection';
import XOAuth2 from 'nodemailer/lib/xoauth2';
import type { SmtpTransportConfig } from '../../config';

/** What nodemailer's connection logs in with. */
export type Login = SMTPConnection.AuthenticationType;

/**
 * Made once per transport: with XOAUTH2 it keeps the access token, gets a new one when that runs out or the server says
 * no to it, and lets connections that open meanwhile wait for the same one.
 * @returns null when there is nothing to log in with
 */
export function createLogin(auth: SmtpTransportConfig['auth']): Login | null {
  if (!auth) return null;
  const { user, pass, method, accessToken, clientId, clientSecret, refreshToken, accessUrl } = auth;
  if (pass !== undefined) return { user, credentials: { user, pass }, ...(method && { method }) };
  const oauth2 = new XOAuth2({ user, accessToken, clientId, clientSecret, refreshToken, accessUrl });
  return { type: 'oauth2', user, oauth2, method: 'XOAUTH2' };
}
