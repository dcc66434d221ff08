/** Domains of large mailbox providers, also Japanese ones: what a misspelt domain may have been meant to be. */
export const PROVIDERS: ReadonlySet<string> = new Set([
  // Worldwide
  'gmail.com',
  'googlemail.com',
  'yahoo.com',
  'yahoo.co.uk',
  'yahoo.co.in',
  'yahoo.co.id',
  'yahoo.co.nz',
  'yahoo.co.kr',
  'yahoo.com.au',
  'yahoo.com.br',
  'yahoo.com.mx',
  'yahoo.com.hk',
  'yahoo.com.sg',
  'yahoo.com.tw',
  'yahoo.com.vn',
  'yahoo.com.ph',
  'yahoo.com.ar',
  'yahoo.de',
  'yahoo.fr',
  'yahoo.it',
  'yahoo.es',
  'yahoo.ca',
  'yahoo.in',
  'yahoo.ie',
  'ymail.com',
  'rocketmail.com',
  'aol.com',
  'hotmail.com',
  'hotmail.co.jp',
  'hotmail.co.uk',
  'hotmail.de',
  'hotmail.fr',
  'hotmail.it',
  'hotmail.es',
  'hotmail.ca',
  'outlook.com',
  'outlook.jp',
  'outlook.de',
  'outlook.fr',
  'outlook.es',
  'outlook.it',
  'outlook.in',
  'outlook.kr',
  'outlook.com.au',
  'outlook.com.br',
  'live.com',
  'live.jp',
  'live.co.uk',
  'msn.com',
  'icloud.com',
  'me.com',
  'mac.com',
  'mail.com',
  'proton.me',
  'protonmail.com',
  'fastmail.com',
  'fastmail.fm',
  'zoho.com',
  'gmx.com',
  'gmx.de',
  'gmx.net',
  'web.de',
  't-online.de',
  'yandex.ru',
  'yandex.com',
  'mail.ru',
  'naver.com',
  'daum.net',
  'hanmail.net',
  'orange.fr',
  'laposte.net',
  'libero.it',
  'comcast.net',
  'verizon.net',
  // Japan
  'yahoo.co.jp',
  'ybb.ne.jp',
  'docomo.ne.jp',
  'ezweb.ne.jp',
  'au.com',
  'softbank.ne.jp',
  'i.softbank.jp',
  'ymobile.ne.jp',
  'ymobile1.ne.jp',
  'rakuten.jp',
  'uqmobile.jp',
  'nifty.com',
  'nifty.ne.jp',
  'biglobe.ne.jp',
  'dion.ne.jp',
  'plala.or.jp',
  'infoseek.jp',
  'excite.co.jp',
  'eonet.ne.jp',
  'asahi-net.or.jp',
  'vodafone.ne.jp',
  'disney.ne.jp',
  'willcom.com',
]);

/** Domains that exist and are a letter away from one of them: no misspellings. */
export const NEIGHBOURS: ReadonlySet<string> = new Set([
  'email.com',
  'never.com',
  'ymail.ne.jp',
  'yahoo.ne.jp',
  'softbank.jp',
  'softbank.co.jp',
]);

/** Endings that a slip is looked for in; one letter beside a country's ending is another country's. */
export const ENDINGS: ReadonlySet<string> = new Set(['.com', '.net', '.co.jp', '.ne.jp', '.or.jp']);

/** Mix-ups that are no slips of a finger: a provider's name under an ending that it does not have. */
export const MIXED_UP: ReadonlyMap<string, string> = new Map([
  ['gmail.co.jp', 'gmail.com'],
  ['gmail.ne.jp', 'gmail.com'],
  ['gmail.jp', 'gmail.com'],
  ['gmail.com.jp', 'gmail.com'],
  ['gmail.net', 'gmail.com'],
  ['gmail.co.uk', 'gmail.com'],
  ['google.mail.com', 'gmail.com'],
  ['icloud.co.jp', 'icloud.com'],
  ['icloud.ne.jp', 'icloud.com'],
  ['icloud.jp', 'icloud.com'],
  ['yahoo.com.jp', 'yahoo.co.jp'],
  ['yahoo.jp', 'yahoo.co.jp'],
  ['hotmail.ne.jp', 'hotmail.co.jp'],
  ['docomo.co.jp', 'docomo.ne.jp'],
  ['docomo.jp', 'docomo.ne.jp'],
  ['docomo.com', 'docomo.ne.jp'],
  ['ezweb.co.jp', 'ezweb.ne.jp'],
  ['ezweb.jp', 'ezweb.ne.jp'],
  ['ezweb.com', 'ezweb.ne.jp'],
]);

/**
 * Local parts that belong to a function. RFC 2142 §3 to §5; then what websites and offices commonly publish, and what
 * nobody reads; then what Japanese offices use.
 */
export const ROLES: ReadonlySet<string> = new Set(
  `info marketing sales support abuse noc security postmaster hostmaster usenet news webmaster www uucp ftp
   admin administrator root sysadmin webadmin mailer-daemon mail email contact contactus hello help helpdesk office
   reception enquiries enquiry inquiry inquiries feedback service services customerservice customer-service care
   billing accounts accounting invoice invoices payments finance orders order shop store booking bookings reservations
   jobs job careers career recruit recruiting hr press media pr legal privacy dpo compliance team staff board all
   everyone noreply no-reply donotreply do-not-reply bounce bounces spam unsubscribe newsletter subscribe list
   soumu jinji keiri eigyo kouhou koho saiyo madoguchi toiawase otoiawase houmu kikaku`.split(/\s+/),
);

/** Mailing lists' own addresses (RFC 2142 §6). */
export const ROLE_SUFFIX = /-(request|owner|admin|bounces?|subscribe|unsubscribe)$/;

/**
 * docomo and au gave out addresses with stray dots until 2009, which still work. With their subdomains.
 */
export const STRAY_DOT_DOMAINS = ['docomo.ne.jp', 'ezweb.ne.jp', 'au.com'] as const;
