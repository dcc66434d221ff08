import { PERSON } from './stages';
import type { ReasonRule } from './types';

/** Words about lists of senders, or about our network. A status 5.1.1 beside them is not about the person. */
export const BLOCKLIST =
  /\b(?:rbl|dnsbls?|dnsrbl|spamhaus|spamcop|barracuda(?:central)?|sorbs|uceprotect|invaluement|senderscore|senderbase|cbl\.abuseat|(?:support|ipcheck)\.proofpoint\.com)\b|black ?list|block(?:ed)? ?list|(?<!not )\blisted (?:at|in|on|by)\b|s3150|\bbl2[13]\b|\bip(?:v[46])? (?:address )?[[(]?[\d.:a-f]{3,45}[\])]? ?(?:is |has been |was )?(?:blocked|banned|listed)|blocked using|banned sending ip/i;

/** What is said of us: our authentication, address, network, rate and message. Nobody is suppressed for it. */
export const ABOUT_US_RULES: readonly ReasonRule[] = [
  {
    reason: 'hostunknown',
    stages: PERSON,
    text: /account or domain may not exist/i,
    source: 'cPanel',
    example:
      'The account or domain may not exist, they may be blacklisted, or missing the proper dns entries.',
  },

  // Reverse DNS. Before authentication and blocks, whose words stand beside it.
  {
    reason: 'requireptr',
    status: /^[45]\.7\.25$/,
    source: 'RFC 7372 §3.3; Gmail 4.7.23 and 5.7.25',
    example: '550 5.7.25 reverse DNS validation failed',
  },
  { reason: 'requireptr', status: /^4\.7\.23$/, source: 'Gmail', example: '421 4.7.23 no PTR' },
  {
    reason: 'requireptr',
    text: /\bptr\b|\br(?:ev(?:erse)?)?[- ]?dns\b.{0,60}(?:fail|require|missing|invalid|not (?:found|exist|match)|lookup|record|for|no )|(?:no|missing|invalid|without|fix|bad|incorrect|unresolvable|requires?|valid|lack of) (?:a |an |valid |proper |matching ){0,2}(?:reverse|rdns|\(?reverse dns\)?)|reverse (?:dns|lookup|hostname|mapping|resolution|name)|cannot (?:find your|resolve your|get your) (?:reverse )?(?:hostname|host name|address|ip)|ip(?: address)? .{0,40}(?:does not|doesn't|not) resolve|cannot find your hostname|client host rejected: cannot find|dns lookup of your ip|must have (?:a )?(?:valid )?(?:reverse|ptr)|unresolvable (?:relay )?host ?name|no dns a[- ]data/i,
    notText: /does not exist as a mail/i,
    source: 'Postfix reject_unknown_client_hostname, Gmail, MagicMail',
    example: {
      stage: 'rcpt',
      said: '550 This system will not accept messages from servers with no reverse DNS',
    },
  },

  // Login and relaying. RFC 4954 §6: 530 and 534 to 538 are about authentication wherever they come.
  {
    reason: 'authfailure',
    stages: ['auth'],
    code: /^5/,
    source: 'RFC 4954',
    example: { stage: 'auth', said: '535 5.7.8 authentication failed' },
  },
  {
    reason: 'networkerror',
    stages: ['auth'],
    source: 'RFC 4954: 454 is temporary',
    example: { stage: 'auth', said: '454 4.7.0 Temporary authentication failure' },
  },
  {
    reason: 'securityerror',
    class: 'authentication',
    code: /^(?:530|534|535|538)$/,
    source: 'RFC 4954 §6, RFC 3207',
    example: { stage: 'mail', said: '530 5.7.0 Must issue a STARTTLS command first' },
  },
  {
    reason: 'securityerror',
    class: 'authentication',
    stages: ['mail', 'rcpt', 'data', 'dot', 'unknown'],
    text: /unauthenticated (?:mail|senders?) (?:is |are )?not|(?:must|please|need to) (?:first )?(?:authenticate|log ?in|issue a starttls|turn on smtp authentication|use smtp auth)|(?:smtp )?authentication (?:is )?required|without authentication|you are not authenticated|not (?:been )?authenticated/i,
    notText: /\bsaid:|\bdmarc\b|\bdkim\b|\bspf\b|sender is unauthenticated|reverse/i,
    source: 'submission servers: SendGrid, MessageLabs, Postfix',
    example: { stage: 'mail', said: '550 Unauthenticated senders not allowed' },
  },
  {
    reason: 'norelaying',
    class: 'policy',
    text: /\bsaid:.{0,200}\brelay(?:ing)? (?:access )?(?:is )?(?:denied|not (?:permitted|allowed))/i,
    source: 'A relay that quotes the next server: not our login',
    example: { stage: 'rcpt', said: '550 5.7.1 host mx.example.net said: relaying denied' },
  },
  {
    reason: 'norelaying',
    stages: ['mail', ...PERSON],
    text: /relay(?:ing)? (?:access |mail |attempt )?(?:is )?(?:denied|not (?:permitted|allowed)|prohibited|disallowed|rejected)|(?:no|not|un)(?:able to| allowed to|t permitted to)? ?relay(?:ing)?\b|will not relay|cannot relay|can't relay|do(?:es)? not (?:allow|permit) relay|domain isn't in my list of allowed rcpthosts|not in my list of allowed|(?:is )?not a (?:valid )?(?:local|gateway) domain|mail relay (?:error|not)|insecure mail relay|open relay|trying to use me .{0,120}as a relay|forward(?:ing)? to remote hosts disabled|(?:we|server) (?:do|does) not (?:accept|handle) (?:mail )?for (?:this|that) (?:domain|host)/i,
    notText: /\bsaid:|blacklist|open relay.{0,30}list/i,
    source: 'Postfix, Sendmail, Exim, qmail',
    example: { stage: 'rcpt', said: '554 5.7.1 <x@example.net>: Relay access denied' },
  },

  // SPF, DKIM, DMARC.
  {
    reason: 'authfailure',
    status: /^[45]\.7\.(?:2[0-46]|3[0-2]|40|509|515)$/,
    source: 'RFC 7372; support.google.com/mail/answer/81126; Microsoft NDR codes',
    example: { stage: 'dot', said: '550 5.7.26 Gmail requires all senders to authenticate' },
  },
  {
    reason: 'authfailure',
    status: /^[45]\.7\.27$/,
    notText: /null mx|accepts? no mail|not accept (?:e-?)?mail/i,
    source: 'Gmail: SPF did not pass',
    example: { stage: 'dot', said: '421 4.7.27 SPF did not pass' },
  },
  {
    reason: 'rejected',
    status: /^5\.7\.27$/,
    notText: /not accept (?:e-?)?mail/i,
    source: 'RFC 7505 §4.2: the domain of the sender has a null MX',
    example: { stage: 'mail', said: '550 5.7.27 sender address has null MX' },
  },
  {
    reason: 'failedstarttls',
    class: 'authentication',
    status: /^[45]\.7\.29$/,
    source: 'Gmail: TLS required',
    example: '421 4.7.29 message not sent over TLS',
  },
  {
    reason: 'authfailure',
    text: /unauthenticated (?:e-?mail|mail|message)|sender is unauthenticated|(?:fail\w*|not pass\w*|did(?: not|n't) pass|reject\w*|invalid|bad|per|violat\w*|due to)\b.{0,60}\b(?:spf|dkim|dmarc)\b|\b(?:spf|dkim|dmarc)\b.{0,80}(?:fail|not pass|did(?: not|n't) pass|reject|unauthenticated|required|missing|policy|not permitted|not allowed|mismatch|unauthorized|not authorized|check|denied|none)|sender policy framework|domainkeys|not (?:an? )?(?:authorized|permitted|designated) sender for (?:this|the) domain|openspf\.(?:org|net)|sender id .{0,30}fail|authentication checks? (?:fail|against)|(?:does not have|fails? to pass|without|lacks?) authentication (?:information|checks?)/i,
    source: 'Postfix with policyd-spf, OpenDMARC, Yahoo, Apple, Zoho',
    example: { stage: 'dot', said: "554 5.7.1 Your message was rejected due to example.org's DMARC policy" },
  },

  // Greylisting, before reputation: both may say 4.7.1.
  {
    reason: 'blocked',
    class: 'greylist',
    code: /^4/,
    text: /gr[ea]y ?-?list/i,
    source: 'Postgrey',
    example: { stage: 'rcpt', said: '450 4.2.0 Recipient address rejected: Greylisted' },
  },

  // Too many connections, too fast.
  {
    reason: 'toomanyconn',
    text: /too many (?:concurrent |simultaneous |smtp |open )*(?:connections|sessions|connects)|too many errors from|(?:connection|session|\bip) (?:frequency|rate|limit|count|concurrency) .{0,20}(?:limited|exceed|reached|too)|(?:maximum|max) (?:number of )?(?:concurrent |simultaneous )?(?:connections|sessions)|connection rate limit|concurrency limit|trop de connexions|no more (?:connections|sessions)|all (?:server )?ports are busy|exceeded .{0,20}connection/i,
    source: 'Sendmail, Postfix anvil, Orange, Tencent',
    example: { stage: 'connect', said: '421 4.7.0 Too many connections from your host' },
  },
  {
    reason: 'syntaxerror',
    class: 'rate',
    status: /^[45]\.5\.3$/,
    source: 'RFC 5321 §4.5.3.1.10: a new session takes them',
    example: '452 4.5.3 limit of recipients reached',
  },
  {
    reason: 'speeding',
    text: /too many recipients/i,
    source: 'RFC 5321 §4.5.3.1.10',
    example: '452 Too many recipients',
  },

  // Reputation. Text of lists and networks.
  {
    reason: 'badreputation',
    status: /^[45]\.7\.65[0-2]$/,
    source: 'Outlook.com: rate limited due to IP reputation',
    example: { stage: 'mail', said: '451 4.7.650 The mail server has been temporarily rate limited' },
  },
  {
    reason: 'blocked',
    class: 'reputation',
    status: /^[45]\.7\.28$/,
    source: 'Gmail: unusual rate of unsolicited mail',
    example: { stage: 'dot', said: '421 4.7.28 unusual rate of unsolicited mail originating from your IP' },
  },
  {
    reason: 'badreputation',
    text: /(?:low|poor|bad|very low|no) (?:ip |domain |sender |sending )?reputation|reputation (?:of|is|score|too|has|for|block|problem|data)|(?:due to|because of|based on).{0,30}reputation|unexpected volume or user complaints|temporarily deferred due to user complaints/i,
    source: 'Gmail, Yahoo TSS04, Cisco IronPort',
    example: { stage: 'dot', said: '550 5.7.1 blocked due to the very low reputation of the sending domain' },
  },
  {
    reason: 'spamdetected',
    text: /\b(?:url|link|uri)s? .{0,40}\b(?:listed|black ?list|block ?list)|\bdomains? (?:in|within|inside|found in) .{0,40}(?:black ?list|listed|block ?list|\bdbl\b)|blacklisted (?:url|link|uri)|\b(?:uribl|surbl)\b|\bdomain present in\b|\bby spamassassin|\bspam (?:pattern|contents?)\b/i,
    source: 'Links in the message, not our network: URIBL, SURBL, Spamhaus DBL',
    example: {
      stage: 'dot',
      said: '550 REJECTED - Blacklisted URL in message. See http://lookup.uribl.com.',
    },
  },
  {
    reason: 'blocked',
    text: BLOCKLIST,
    source: 'Postfix reject_rbl_client, Microsoft, Proofpoint',
    example: {
      stage: 'connect',
      said: '554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org',
    },
  },
  {
    reason: 'blocked',
    text: /(?:\bip\b|network|client host|(?:your|sending|connecting) (?:host|server|mail server|mta)|server access|connections?|hosts?|dynamic|residential).{0,60}(?:\bblocked|banned|refused|rejected|denied|not (?:allowed|accepted|permitted|authorized)|forbidden|disallowed|prohibited)|(?:blocked|banned|refused|rejected|invalid|denied|dynamic|bad|not accepting mail from|mail from) (?:your |this |the |sending |client |source |dynamic |from )*(?:\bip\b|ip address|ip-address|hosts?\b|network|server)|please use the smtp server of your isp|use (?:your )?(?:isp|provider)'?s? (?:smtp|mail) ?(?:server|relay)|part of (?:their|your) network|(?:access|connection) from .{0,60}(?:denied|rejected|refused|blocked)|not allowed to connect|not in (?:the )?white ?list|you(?:r (?:ip|host|server|network))? (?:are|is|have been|has been) (?:\w+ )?(?:blocked|banned|blacklisted)|cannot (?:send|connect) .{0,20}from (?:this|your) ip|to yourself|domain of .{0,30}is blocked|email from .{0,60}(?:is|are) (?:currently )?blocked|adresse ip .{0,30}bloqu/i,
    notText:
      /content|virus|message (?:content|body)|sender address|user unknown|recipient|expired|timed? ?out|connection (?:was )?(?:refused|reset|closed)/i,
    source: 'Sendmail access maps, Exim ACLs, Orange, Tencent',
    example: { stage: 'mail', said: '550 5.7.0 Please use the smtp server of your ISP.' },
  },
  {
    reason: 'blocked',
    class: 'reputation',
    status: /^5\.7\.(?:511|60\d|61\d|62\d|63\d|64\d|708)$/,
    source: 'Microsoft: banned sending IP',
    example: '550 5.7.606 Access denied',
  },

  {
    reason: 'rejected',
    class: 'reputation',
    text: /your access to (?:submit messages to )?this (?:e-?mail|mail) system/i,
    source: 'Cisco IronPort',
    example: '550 #5.7.1 Your access to submit messages to this e-mail system has been rejected.',
  },

  // Rates.
  {
    reason: 'speeding',
    text: /rate[- ]?limit|(?:sending|message|mail|hourly|daily|recipient) (?:rate|quota|limit) (?:is )?(?:exceeded|reached|limited)|(?:exceed\w*|reached|over).{0,40}(?:\brates?\b|messages per|(?:hourly|daily|sending) limit|limit (?:for|of|on) (?:messages|sending|the number))|throttl|slow down|too (?:fast|quickly|frequent)|maximum sending rate|frequency limited|too many (?:messages|e-?mails|mails|requests|unknown|invalid recipients|recipients (?:this|per))|sending too|message threshold exceeded/i,
    notText: /spam|storage/i,
    source: 'Amazon SES, Cox, Tencent',
    example: { stage: 'dot', said: '454 Sending quota exceeded' },
  },
  {
    reason: 'blocked',
    class: 'rate',
    code: /^4/,
    text: /temporarily deferred|server (?:is )?(?:too )?busy/i,
    source: 'Yahoo, Exchange',
    example: { stage: 'mail', said: '421 Message temporarily deferred' },
  },

  // The form of the message.
  {
    reason: 'notcompliantrfc',
    text: /not (?:rfc|compliant)|(?<!\/)\brfc ?-?(?:2822|5322|822)|non-?compliant|multiple (?:550 5\.7\.1 )?(?:addresses in|from|headers|instances)|duplicate (?:header|headers|from)|missing (?:required )?(?:from|date|message-id|header)|(?:from|message-id|date|subject|to):? ?header (?:is |field )?(?:missing|invalid|malformed|syntax|not|has)|header (?:syntax|field)s? .{0,30}(?:invalid|error|malformed|not allowed)|bare (?:lf|cr|<lf>|line ?feeds?)|does not conform|messages? (?:missing|without) a? ?valid|too many .{0,12}headers|duplicated headers/i,
    source: 'Gmail 5.7.1, Microsoft 5.7.512, Exim verify = header_syntax',
    example: { stage: 'dot', said: '550 5.7.1 Messages missing a valid Message-ID header are not accepted' },
  },

  // Our address.
  {
    reason: 'rejected',
    status: /^[45]\.1\.[78]$/,
    source: 'RFC 3463 §3.2',
    example: { stage: 'mail', said: '553 5.1.8 Domain of sender address does not exist' },
  },
  {
    reason: 'rejected',
    stages: ['mail', ...PERSON],
    text: /sender (?:address |domain |e-?mail |mail )?(?:was |is |has been )?(?:rejected|invalid|not (?:verified|allowed|authorized|authorised|owned|exist|found|accepted|permitted)|denied|refused|unknown|blocked|verify failed|verification)|(?:invalid|unknown|unverified|bad|unroutable|unrouteable|blocked|forged|unauthorized) sender|not (?:authorized|allowed|permitted|verified) to (?:send|post)|email address is not verified|from address .{0,40}(?:not verified|verified sender identity|not allowed)|domain of (?:the )?sender|sender'?s? (?:address|domain|mail)? ?(?:domain )?(?:does not|doesn't|could not|must|cannot|in)\b|(?:return|mail from|envelope) .{0,40}(?:does not|doesn't|could not|not) (?:exist|resolve|verified)|envelope sender|purported responsible address|(?:could not|unable to|cannot|can't) (?:verify|complete) (?:the )?sender|mail from .{0,60}(?:rejected|denied|not accepted|refused|prohibited)|rule imposed mailbox access|we do not accept mail from|you are not (?:allowed|permitted) to (?:send|post)|no permission to (?:send|post)|not allowed to post|only (?:members|authenticated|authorized) .{0,40}(?:post|send)|access denied, sender|spoof|sender is (?:not|in|on)/i,
    notText: /\bspam\b|policy reason|\bsaid:|verify recipient|recipient address rejected/i,
    source: 'Postfix, Exim sender verification, SES, Google Groups, Mailman',
    example: { stage: 'mail', said: '553 Sender address rejected: Domain not found' },
  },
];
