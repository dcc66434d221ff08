/**
 * Real services for the tests, as `npm run test:setup` found or started them. Null: not to be had on this machine;
 * the summary then names it, and with CI=true that is a failure.
 */
export const services = {
  /** redis://127.0.0.1:port */
  redis: process.env.TEST_REDIS_URL || null,
  /** postgres://user:password@127.0.0.1:port/database of a role that may create databases */
  postgres: process.env.TEST_POSTGRES_URL || null,
  /** mysql://user:password@127.0.0.1:port/database of a user that may create databases */
  mariadb: process.env.TEST_MARIADB_URL || null,
  /** The same for MySQL 8 */
  mysql: process.env.TEST_MYSQL_URL || null,
  /** Path of a Python that has dkimpy (Debian: python3-dkim), a DKIM verifier that we did not write */
  dkimPython: process.env.TEST_DKIM_PYTHON || null,
  /** Paths of programs that make real bounces (Debian: postfix, exim4-daemon-light, opensmtpd); they need root */
  postfix: process.env.TEST_POSTFIX || null,
  exim: process.env.TEST_EXIM || null,
  opensmtpd: process.env.TEST_OPENSMTPD || null,
  /** Path of Dovecot's master program (Debian: dovecot-imapd) */
  dovecot: process.env.TEST_DOVECOT || null,
  /** Path of a Chromium binary */
  chromium: process.env.TEST_CHROMIUM || null,
};
