import { MESSAGE, PERSON } from './stages';
import type { ReasonRule } from './types';

/** Facts of the field, written down anew: see the notice in docs/bounces.md. */
const SISIMAI = 'phrases collected in Sisimai, BSD-2-Clause';
const NOT_BEFORE_MAIL = ['mail', ...PERSON] as const;

/**
 * Whole phrases that mean one thing wherever they stand. They come before the words of `rules-about-us.ts` and the rest, which
 * are shorter and would take them for something else.
 */
export const PHRASE_RULES: readonly ReasonRule[] = [
  // The mailbox.
  {
    reason: 'suspend',
    stages: PERSON,
    text: /(?:account|mailbox|user|recipient|@[^ @]{1,80})[^.;@]{0,80} (?:is )?(?:currently suspended|temporar(?:y|ily) (?:locked|limited|inactive))|archived recipient|destinataire archiv|user is terminated|mailbox unavailable or access den|recipient suspend the service|no longer accepts mail|recipient address rejected: disabled|mailbox cannot be accessed|banned recipient|administrative?le?y disabled|mailbox was not used for|> is now disabled|user status is locked|mailbox [^ ]{1,80} is restricted|deactivated due to abuse/i,
    notText: /sender|your account/i,
    source: `${SISIMAI}; qmail-ldap, Orange, Tencent, au`,
    example: '550 5.7.1 <kijitora@example.com>: user kijitora temporary locked',
  },
  {
    reason: 'hasmoved',
    stages: PERSON,
    status: /^5\.7\.1[78]$/,
    source: 'RFC 7293: the owner of the mailbox or of the domain has changed',
    example: '550 5.7.17 mailbox owner has changed',
  },
  {
    reason: 'notaccept',
    stages: PERSON,
    text: /mail receiving disabled|(?:name server: \.: host|no route for current request|no mx found for (?:domain|destination))|destination seems? to reject all mails|no mail-enabled subscriptions/i,
    notText: /host unknown/i,
    source: `${SISIMAI}; OpenSMTPD, Sendmail (null MX), Microsoft`,
    example: { stage: 'unknown', said: 'No MX found for domain' },
  },
  {
    reason: 'filtered',
    stages: PERSON,
    text: /^\W*bounced address|restricted sms e-?mail|rejected due to user rules|not found recipient account|this account is protected by|user reject|recipient id refuse|cannot route mail to user|ambiguous recipient|recipient refuses to accept/i,
    source: `${SISIMAI}; SendGrid, AT&T, Exchange 5.5, Domino`,
    example: '550 user reject',
  },

  {
    reason: 'filtered',
    stages: PERSON,
    status: /^5\.2\.0$/,
    text: /message filtered/i,
    source: 'Amazon SES receiving: a rule of the recipient',
    example: '550 5.2.0 Message Filtered',
  },

  // Relays.
  {
    reason: 'norelaying',
    stages: NOT_BEFORE_MAIL,
    text: /not permitted to relay through this server|unauthori[sz]ed relay|relaying (?:to [^ ]{1,80} )?(?:not allowed|prohibited)|requires authentication when attempting to send to a non-local|\bnot a gateway\b|not (?:a )?local host|relaying mail to |specified domain is not allowed|not configured to relay|don'?t handle mail for|following smtp relay error|(?:domain or user isn't|domain isn't) in my list of allowed rcpthosts?|smtp as mail gate is forbidden/i,
    notText: /you don't authenticate/i,
    source: `${SISIMAI}; MailEnable, qmail, KDDI`,
    example: { stage: 'rcpt', said: "550 we don't handle mail for example.com" },
  },
  {
    reason: 'authfailure',
    text: /\/\/spf\.pobox\.com|inspect your spf settings|not allowed to send mail\. .{0,30}_401|per its spf record|bad spf records/i,
    source: `${SISIMAI}; Orange`,
    example: { stage: 'mail', said: '550 5.7.1 Please inspect your SPF settings' },
  },
  {
    reason: 'requireptr',
    text: /ip name lookup failed|forward dns entry does not point|(?:domain|mail from) [^ ]{1,80} mismatches client ip|dns lookup failure: .{1,80}try again later|unverif[iy]y?able sending ips|ips? with missing ptr/i,
    source: SISIMAI,
    example: { stage: 'mail', said: '550 5.7.1 Access denied. IP name lookup failed' },
  },

  // The sender.
  {
    reason: 'rejected',
    class: 'sender',
    stages: NOT_BEFORE_MAIL,
    text: /\bbatv\b|backscatter protection|sender isn't on the recipient's list|bogus mail from|\[bouncedeny\]|valid-address-filter|delivery not authori[sz]ed, message refused|\be2110\b|senderfilterconfig|emetteur invalide|envelope blocked|no third-party dsns|from: domain is invalid|empty envelope senders|null sender is not allowed|fully qualified email address required|invalid domain, see <url:|not a registered gateway user|mail from not owned by user|sender e-?mail is not in my domain|verify mail ?from failed|^mx records for |recipient addresses rejected : access denied|returned mail not accepted|rfc 1035 violation: recursive cname|from a different address or alias|(?:sender|e-?mail) (?:e-?mail )?address has been (?:blacklisted|rejected)|sender e-?mail address rejected|sender (?:is in my black ?list|is (?:a )?spammer|not pre-approved|domain is empty)|spam reporting address|syntax error: empty email address|server does not accept mail from|unsigned dsn for|to\/from an address that has been blacklisted|access denied \(sender blacklisted\)|without a valid sender domain|(?:banned|bad outbound) sender|sender denied|access denied \(in reply to mail from|envelope rejected - block policy|not member|not a member of this mailing list|reject spammers:/i,
    notText: /banned sending|spf|dkim|dmarc|recipient address rejected|reverse dns|\bptr\b/i,
    source: `${SISIMAI}; SonicWall, McAfee, MDaemon, Mimecast, MessageLabs, FML, Microsoft`,
    example: { stage: 'rcpt', said: '550 Envelope blocked - User Entry' },
  },
  {
    reason: 'rejected',
    class: 'sender',
    stages: ['mail'],
    text: /address rejected/i,
    notText: /sender address rejected/i,
    source: `${SISIMAI}: before RCPT it can only be ours`,
    example: { stage: 'mail', said: '550 5.1.0 <x@example.net>: address rejected' },
  },

  // The message.
  {
    reason: 'virusdetected',
    text: /prohibited virus or spam content|\binfected(?::| |$)|rejected due to security policies/i,
    notText: /not infected/i,
    source: `${SISIMAI}; amavis, Mimecast`,
    example: { stage: 'dot', said: '554 5.7.0 Bounce, id=1 - INFECTED: Eicar' },
  },
  {
    reason: 'spamdetected',
    text: /help_spam_16|mail data refused by aisp|requested action not taken: mail [^ ]{1,60} is rejected|\breject, id=|content filter rejection|work\.drbl\.imedia\.ru|mail content denied|message (?:content )?(?:filtered|rejected because of unacceptable content)|spamprofiler|our system has detected that this message is |rejecting (?:banned|mail) content|^sender domain listed at|recurrent pattern detection|temporarily blocked by our filter|failed several anti-?spam checks|greylisted.{1,40}please try again in|rule imposed as .{1,80} is blacklisted|spam is embedded/i,
    notText: /rate of|reputation|ptr|rejected due to having a domain present|rfc 5322|not infected/i,
    source: `${SISIMAI}; NetEase, Tencent, amavis, Trustwave, Exim`,
    example: { stage: 'dot', said: '554 Mail content denied' },
  },
  {
    reason: 'policyviolation',
    text: /illegal attachment on your message|its content presents a potential|non-member to a members-only list|closed mailing list|header are not accepted|organizational settings|given low priority|messages with multiple addresses|protocol violation|not subscribed to this group|organi[sz]ation policy|containing images or other attachments|using a mass mailer|without solving a captcha|not accepting mail with |content examination policy|anti-spoofing policy|no data before greeting|attachment extension is forbidden/i,
    notText: /from: ?header|in from:|message-id/i,
    source: `${SISIMAI}; Gmail, AOL, Mimecast, Cox`,
    example: { stage: 'dot', said: '552 5.7.0 Our system detected an illegal attachment on your message' },
  },
  {
    reason: 'contenterror',
    text: /message header size, or recipient list|messagewall: mime\/reject|mime complexity exceeds|message contain (?:improperly-formatted|text that uses|invalid mime)|too many "?received"? headers|- bad header:|too many related errors|conversion to internet format failed/i,
    source: `${SISIMAI}; amavis, Exim, Exchange 5.5`,
    example: { stage: 'dot', said: '554 5.6.0 Bounce, id=1 - BAD HEADER: Improper folded header field' },
  },
  {
    reason: 'exceedlimit',
    text: /message header size exceeds limit|exceeded maximum size the user accepts|exeeded the maximum size the user|message size exceeds recipient|exceeds? google's (?:header name limit|message header size|limit of)|google's message header size limits/i,
    source: `${SISIMAI}; qmail-ldap, amavis, Gmail`,
    example: { stage: 'dot', said: '552 message header size exceeds limit' },
  },
  {
    reason: 'mesgtoobig',
    text: /exceeded maximum inbound message size|line limit exceeded|taille limite du message|maximum email size exceeded|mail size limit exceeded|file size limit|message too big/i,
    notText: /mailbox|quota/i,
    source: `${SISIMAI}; Orange, Mimecast, 1&1`,
    example: { stage: 'dot', said: '552 exceeded maximum inbound message size' },
  },

  // Too many, too fast.
  {
    reason: 'speeding',
    text: /try again slower|recipient thread limit exceeded|submission quota exceeded|daily limit for message recipients|tenant has exceeded threshold|traffic not accepted from this ip|smtp relay (?:sending )?limit exceeded|daily (?:user )?sending (?:quota|limit) exceeded|due to excessive volume/i,
    source: `${SISIMAI}; Microsoft, Gmail, Apple`,
    example: { stage: 'mail', said: '450 please try again slower' },
  },
  {
    reason: 'toomanyconn',
    class: 'rate',
    text: /at maximum connection limit|per-domain connection limit|exceeded the max emails per hour|throttling failure: (?:daily message quota|maximum sending rate) exceeded|(?:connection|domain|sender|ip) frequency limited|message threshold exceeded|max message per connection|too many sessions|exceeding outbound thread limit|already made numerous attempts/i,
    source: `${SISIMAI}; SendGrid, Amazon SES, Tencent, Cox, Yahoo, Mimecast`,
    example: { stage: 'dot', said: '454 Throttling failure: Maximum sending rate exceeded.' },
  },

  {
    reason: 'systemerror',
    class: 'network',
    text: /server (?:is |was )?(?:too )?busy|system(?:\(\w\))? (?:is )?busy|resources temporarily unavailable|too busy to accept|system load is too high|too much load|pfa agent busy/i,
    notText: /spam|reputation|too many|greylist/i,
    source: 'Exchange, Exim, Sendmail: more work than their host can do',
    example: { stage: 'connect', said: '451 4.3.2 server too busy' },
  },

  // Our network.
  {
    reason: 'blocked',
    text: /said: 550 blocked|tosa@rx\.t-online\.de|your ip identified as spammer|denyip\.php|client host bypassing service provider|bad sender ip|blocked - see http|refused - see http|confirm this mail server|esmtp (?:server )?not accepting connections|\bgo away\b|helo command rejected:|no access from mail server|no matches to nameserver query|sending mta or the sender has not passed|open proxy|too many spams from your ip|too many unwanted messages have been sent|currently sending spam see|looks suspiciously like spammer|do not accept mail from dynamic|(?:you are|is currently) sending spam|server requires confirmation|:blocked\)|mail server at .{1,60} is blocked|mail from .{1,60} refused:|listed as abusive|service refused, please try later\. .{0,20}(?:103|510)|client host rejected: (?:abus|may not be)|suspected bounce attacks|suspected spam ip|(?:mail|e-?mail|message) (?:was )?blocked by |access denied, (?:please try again later|bad helo)|too many bad commands|no valid recipients from |too many invalid recipients|ip temporarily blacklisted|helo\/ehlo argument/i,
    notText: /content|virus/i,
    source: `${SISIMAI}; Free, SFR, Earthlink, Apple, Mimecast, Gmail, T-Online`,
    example: { stage: 'mail', said: '554 go away' },
  },
  {
    reason: 'blocked',
    class: 'network',
    text: /connection (?:refused by|reset by peer|dropped|was dropped by remote host)|service not available, closing transmission channel/i,
    notText: /expired/i,
    source: `${SISIMAI}. The server did not talk to us: as a rule its network, not our reputation`,
    example: { stage: 'unknown', said: 'Deferred: Connection refused by mx.example.jp.' },
  },

  // The way.
  {
    reason: 'hostunknown',
    stages: PERSON,
    text: /mail domain mentioned in email address is unknown|weren't able to find the recipient domain|dns server returned answer with no data|dns lookup failure: host |invalid domain name$|no mx or a records|recipient domain must exist/i,
    notText: /temporar|try again/i,
    source: `${SISIMAI}; DragonFly, OpenSMTPD, Yahoo`,
    example: { stage: 'unknown', said: 'No MX or A records for example.jp' },
  },
  {
    reason: 'systemerror',
    text: /aliasing\/forwarding loop broken|temporary mta failure on relaying|rejected by next-hop mta|unable to relay message back to mta|this domain's dns violates rfc|could not load drd|interrupted system call|it would create a mail loop|encountered an error while being processed|^(?:.{0,80} )?local configuration error|loop was found in the mail exchanger|because there is no mdb|timeout waiting for input|bad interpreter: no such file|misconfigured forwarding address|several matches found in domino|no proxy for recipient|suspiciousremoteservererror|failed to be replicated|lmtp error after|homedir creat|illegal value in ldap|too many results returned but needs|while executing qmail-forward|mailing list expansion problem|delivery to (?:file|pipe) forbidden|internal resources are temporarily unavailable/i,
    source: `${SISIMAI}; Sendmail, Domino, Exchange 5.5, Exim, qmail-ldap, Microsoft`,
    example: { stage: 'unknown', said: '554 aliasing/forwarding loop broken' },
  },
  {
    reason: 'networkerror',
    class: 'routing',
    text: /dns records for the destination computer|host is unreachable|host name lookup failure|malformed (?:or unexpected )?name server reply|exceeded maximum hop count|connection with [^ ]{1,80} is broken|unable to resolve route|unrouteable mail domain|maximum forwarding loop count|no valid route to|all routes to destination blocked|address family mismatch|network error on destination mxs|temporary failure in mx lookup|bad dns lookup error code|could not retrieve source address|had no relevant answers|incorrect hostname used for inbounds|message exceeded 50 hops|mxloopback/i,
    source: `${SISIMAI}; Sendmail, Exchange, OpenSMTPD, Gmail, Mimecast`,
    example: { stage: 'unknown', said: 'No valid route to remote MX' },
  },
  {
    reason: 'systemfull',
    text: /not enough free space\)|mail system full/i,
    source: SISIMAI,
    example: {
      stage: 'rcpt',
      said: '452 Requested action not taken: mailbox unavailable (not enough free space)',
    },
  },
  {
    reason: 'expired',
    text: /delivery attempts will continue to be|your message was not delivered within |delivery expired|failed to deliver to domain |server did not respond|after multiple retries|delivery (?:retry )?timeout|giving up on (?!\d)/i,
    source: `${SISIMAI}; Amazon SES, GMX, GoDaddy`,
    example: { stage: 'unknown', said: '4.4.7 - Delivery expired (message too old)' },
  },
  {
    reason: 'securityerror',
    class: 'authentication',
    stages: NOT_BEFORE_MAIL,
    text: /account not subscribed to ses|authentication (?:credentials invalid|failure|turned on in your e)|not allowed in compressed files|you don't authenticate or|verification failure|authentication failed; server|^auth failed\b|authentification (?:invalide|requise)|is a dead domain|not authorized to perform ses:|could not retrieve credentials|submitter failed to|server does not support auth|(?:turn|please turn) on smtp authentication|starttls is required to send mail|tls required but not supported|this route requires|client was not authenticated/i,
    notText: /spf|dkim|dmarc/i,
    source: `${SISIMAI}; Amazon SES, Orange, OpenSMTPD, Mimecast, MessageLabs`,
    example: { stage: 'mail', said: '554 5.7.1 Client was not authenticated' },
  },
  {
    reason: 'mailererror',
    text: / \|\| exit |bin\/(?:maidrop|maildrop|procmail)/i,
    source: `${SISIMAI}: a command of the recipient's`,
    example: { stage: 'unknown', said: '"|/usr/bin/maildrop" failed' },
  },
  {
    reason: 'onhold',
    class: 'other',
    stages: ['rcpt'],
    text: /(?:recipient address rejected|rejected): service is unavailable/i,
    source: 'Postfix access maps: nobody says why',
    example: '550 5.7.1 <x@example.jp>: Recipient address rejected: Service is unavailable',
  },
  {
    reason: 'filtered',
    stages: MESSAGE,
    text: /\(state 1[578]\)/,
    code: /^5/,
    notText: /spam|virus|policy|unsolicited|reputation|block|authenticat|size|full|quota|5\.7\.1\b/i,
    source: 'Gmail in its old notices: refused at DATA or behind the message',
    example: { stage: 'dot', said: '554 Transaction failed (state 18)' },
  },
];
