/** What is known of a request for a pixel or a tracked link. Times in milliseconds since 1970. */
export interface Visit {
  kind: 'open' | 'click';
  userAgent: string | null;
  at: number;
  /** When the mail server accepted the mail; null: nobody knows. */
  acceptedAt: number | null;
  /** Clicks on other links of the same mail within `SAME_MOMENT`. */
  otherClicks: number;
}

/**
 * Nobody receives, opens and reads a mail in less. Security gateways open and click on the way to the inbox, most of
 * them within seconds of the delivery, some before they answer 250; Gmail's proxy fetches pictures that early only to
 * scan them (github.com/gophish/gophish/issues/1390).
 */
export const TOO_FAST = 5_000;

/** Two links within this time are followed by a program that follows all of them. */
export const SAME_MOMENT = 1_000;

/**
 * Apple Mail Privacy Protection fetches every picture through Apple's relays, read or not, and says no more than this
 * (help.socketlabs.com/docs/identifying-apple-mpp-opens-in-notification-api-events).
 */
const APPLE_PROXY = /^Mozilla\/5\.0$/;

/** Link scanners and preview fetchers that name themselves. */
const SCANNERS = new RegExp(
  [
    'barracuda',
    'mimecast',
    'proofpoint',
    'ciscosecureemail|ironport',
    'trendmicro|\\btmes\\b',
    'fortinet|fortimail|sophos|f-secure',
    'safelinks',
    'BingPreview|SkypeUriPreview',
    'Slackbot|Twitterbot|facebookexternal|WhatsApp|TelegramBot|Discordbot|LinkedInBot|Snap URL Preview',
    'Google-Safety|Google-Read-Aloud|GoogleOther',
    'HeadlessChrome|PhantomJS',
    '\\bbot\\b|bot[/;)]|crawler|spider|scanner',
  ].join('|'),
  'i',
);

/** Programs' libraries. Mail apps on phones use CFNetwork, Dalvik and okhttp: those count as people. */
const LIBRARIES =
  /^(curl|wget|python|aiohttp|go-http-client|java\/|apache-httpclient|jetty|libwww-perl|lua-resty)/i;

/**
 * Whether a program rather than the person made this request. Google's image proxy (`GoogleImageProxy` in the name)
 * stands for a person unless it is too fast: Gmail fetches a picture when the mail is displayed
 * (github.com/ua-parser/uap-core/pull/170), and taking it for a machine would lose all opens in Gmail.
 */
export function isMachine(visit: Visit): boolean {
  const agent = visit.userAgent?.trim() ?? '';
  if (agent === '' || APPLE_PROXY.test(agent) || SCANNERS.test(agent) || LIBRARIES.test(agent)) return true;
  if (visit.acceptedAt !== null && visit.at - visit.acceptedAt < TOO_FAST) return true;
  return visit.kind === 'click' && visit.otherClicks > 0;
}
