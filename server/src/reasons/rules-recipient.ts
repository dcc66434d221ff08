import { BLOCKLIST } from './rules-about-us';
import { MESSAGE, PERSON } from './stages';
import type { ReasonRule } from './types';

/** Words with which servers say that an address does not exist. */
const UNKNOWN_WORDS =
  /(?:user|recipient|rcpt|mail ?box|account|address|mail ?drop|addressee|member|subscriber|destinat(?:ion|ary)|userid|login|alias|customer|person|name)(?:\(s\)|s)?(?: (?:address|name|account|id))?:?(?: <?[^ ]{0,80}@[^ ]{0,80}>?:?)? ?(?:is |was |are |does |do |could |can |has |you entered |specified |in |this |currently |been ){0,3}(?:unknown\b|not (?:be )?(?:found|exist(?:s|ing)?|known|valid|available here|recogni[sz]ed|registered|listed|local|defined|deliverable|in (?:the )?(?:directory|database|our)|a valid|configured|hosted)|not be (?:found|resolved|verified)|invalid|unavailable|doesn't exist|don't exist|rejected\.?$|non-?existent|undeliverable|no longer (?:available|valid|exists|active|in (?:use|service)|with|on this server|employed|here)|unroute?able|deleted|terminated|removed|withdrawn)|(?:unknown|no such|no valid|invalid|incorrect|non-?existent|not a valid|not an active|bad|unroute?able|undeliverable|unrecogni[sz]ed|wrong|inactive) (?:e-?mail |mail |local |final delivery |destination |recipient |user |virtual )*(?:user(?:id|name)?|recipients?|mail ?box|account|address(?:ee)?|local part|person|alias|member|domain user|here)\b|no (?:mail ?box|account|user|recipient)s?(?: here)? (?:by|with|under|for|of|called|named) (?:that|this|the)|no (?:such )?mail ?box|does(?: not|n't) have an? .{0,80}account|(?:e-?mail account|mailbox|address|user|account).{0,60}(?:does(?: not|n't)|do not|did not) exist|not (?:our|a valid|an existing|a known) (?:customer|mailbox|user|recipient|address|subscriber)|not listed in (?:domino|public|the|name)|isn't (?:a|in) .{0,40}(?:account|mailbox|user|list)|no one by that name|nobody (?:here )?by that name|we don'?t have .{0,30}(?:user|mailbox|account)|this user doesn't|address(?:ee)? (?:couldn't|could not) be found|user not exist|no (?:local )?(?:mailbox|user) here|(?:unable|failed) to (?:find|look ?up|verify) (?:the )?(?:recipient|user|mailbox|address)|can't (?:find|verify) (?:the )?(?:recipient|user)|recipient name is not recognized|not in (?:address|user) (?:book|list)|unknown in local recipient table|not a mailbox|\bcuda_nsu\b|\bbad_recipient\b|@[^ @]{1,80} is no longer (?:valid|active|available)|destinataire invalide|adresse .{0,30}(?:inconnue|invalide|inexistante)|n'existe (?:pas|plus)|wrong or no longer valid|utilisateur inconnu|empf[aä]nger .{0,40}(?:unbekannt|nicht gefunden|existiert nicht)|usuario .{0,20}(?:desconocido|no existe)|宛先.{0,30}(?:不明|見つかりません|存在しません)|(?:ユーザー?|アドレス|メールアドレス).{0,20}(?:存在しません|見つかりませ|不明)/i;
/** Whole phrases of single systems; most are collected in Sisimai, BSD-2-Clause. */
const UNKNOWN_PHRASES =
  /address not present in|can(?:'|no)t accept user|destination addresses were unknown|server rejected recipients|mailbox (?:not present|unavaiable)|no existe (?:dicha|es[ae]) |nessun utente|utente .{0,20}(?:sconosciuto|inesistente)|not a local address|not email addresses|recipient address rejected(?:\.|: (?:access denied|invalid-recipient))|recipient (?:is )?not (?:accepted|ok\b)|badrcptto|badrecipientto|not in my validrcptto|envelope recipient has been denied|no ?one at this address|this spectator|missing home directory|user not active|<[^ ]{1,90}> not found|\bno .{1,80} in name directory|non-?existent user|rcpt [(<][^ ]{1,90}[)>]? (?:does not|doesn't|not) exist|(?:recipient|user) [^ ]{1,90} (?:was )?not found|user \([^ ]{1,90}\) unknown|no se encuentra en|non r[ée]pertori[ée]|[^ @]{1,80}@[^ @]{1,80}> ?\.{3} ?blocked by|unknown or illegal alias|inactive e-?mail address|no such (?:person|address)/i;
/** The same in other languages, and in English that is not quite. */
const UNKNOWN_ABROAD =
  /destinat[aá]ri[oa] .{0,30}(?:desconocid|desconhecid|sconosciut|errato|ine[xs]ist|inv[aá]lid|no existe|n[aã]o existe)|indirizzo .{0,20}(?:inesistente|sconosciut)|(?:destin\.|casella) .{0,20}(?:sconosciut|inesistente)|usu[aá]rio .{0,30}(?:inv[aá]lid|ine[xs]istente|desconhecid|n[aã]o (?:existe|encontrado))|(?:casilla|cuenta|buz[oó]n|conta|caixa postal) .{0,30}(?:no existe|n[aã]o existe|ine[xs]istente)|destinataire .{0,20}(?:inconnu|inexistant)|(?:adressat|benutzer|konto|postfach) .{0,30}(?:unbekannt|existiert nicht|nicht gefunden)|(?:konto|adres\w*|u[zż]ytkownik\w*) .{0,30}nie istnieje|nie ma takiego (?:konta|u[zż]ytkownika|adresu)|(?:gebruiker|geadresseerde|ontvanger) .{0,20}(?:onbekend|bestaat niet)|(?:ящик|пользовател\S{1,3}|адрес\S{0,3}|получател\S{1,3}) .{0,30}не (?:существует|найден)|(?:такого|нет такого) (?:пользователя|ящика|адреса)|(?:用户|用戶|邮箱|郵箱|收件人|地址).{0,6}不存在|(?:사용자|수신자|계정).{0,12}(?:없|존재하지)|no one with that e-?mail address|(?:mail ?box|user|account|recipient) ?\( ?[^ ]{1,80} ?\) not found|user path no exist|\buser <?[^ ]{1,80}>? not ok\b|(?:user|recipient|address) (?:is )?not a member of (?:the )?domain|(?:recipient|user|mail ?box|address) cannot be verified|mail ?box (?:is )?not available|no such mail drop|unknown or illegal user|unable to find alias user|@[^ @]{1,80} (?:does not|doesn't|not) exists?\b/i;
export const UNKNOWN_USER = new RegExp(
  [UNKNOWN_WORDS, UNKNOWN_PHRASES, UNKNOWN_ABROAD].map(({ source }) => source).join('|'),
  'i',
);

/** Something else is refused although these words stand there. */
const NOT_UNKNOWN =
  /\bspam\b|unsolicited|\bpolicy\b|not accepting|verif(?:y|ication) fail|sender address|sender verify|mailbox is full|quota|too many (?:unknown|invalid)|unknown (?:client|host)|authenticat|temporar(?:y|ily)|relay(?!=)/i;

/** Dead addresses, dead hosts, and what may be a filter of the person instead. */
export const RECIPIENT_RULES: readonly ReasonRule[] = [
  // Hosts that want no mail. RFC 7504 (521, 556), RFC 7505 (null MX).
  {
    reason: 'notaccept',
    stages: PERSON,
    code: /^5/,
    status: /^5\.1\.10$/,
    notText: /recipientnotfound|recipient .{0,80}not found/i,
    source: 'RFC 7505 §4.2',
    example: '556 5.1.10 Domain example.net does not accept mail (nullMX)',
  },
  {
    reason: 'notaccept',
    stages: PERSON,
    text: /null ?mx|(?:does not|doesn't|do not) (?:accept|receive|want|get) (?:any )?(?:e?-?mail|messages)\b(?! (?:from|for|larger|with|that|over))|no mx (?:record )?(?:found|records? found)|(?:find|have) (?:a |any )?mail exchanger or ip|indicated no smtp service|no host found for existing smtp|smtp protocol .{0,40}(?:returned a permanent|violation)|host .{0,80}does not receive mail|this (?:host|domain|server) (?:never|does not) accepts? (?:any )?mail|not a mail exchanger/i,
    source: 'RFC 7504, RFC 7505; qmail, OpenSMTPD, Gmail',
    example: "Sorry, I couldn't find a mail exchanger or IP address. (#5.4.4)",
  },

  {
    reason: 'notaccept',
    stages: PERSON,
    code: /^(?:521|556)$/,
    notText: /upstream|spam|block|access/i,
    source: 'RFC 7504',
    example: '521 5.3.2 System not accepting network messages',
  },

  // Hosts that are not there.
  {
    reason: 'hostunknown',
    stages: PERSON,
    code: /^5/,
    status: /^5\.1\.2$/,
    notText: BLOCKLIST,
    source: 'RFC 3463 §3.2',
    example: '550 5.1.2 Host unknown',
  },
  {
    reason: 'networkerror',
    class: 'routing',
    status: /^4/,
    text: /nxdomain|dns error|(?:domain|host)(?: name)? not found|no relevant answers/i,
    source: 'Gmail: a look-up that may go well tomorrow',
    example: "DNS Error: 80480947 DNS type 'mx' lookup of example.org responded with code NXDOMAIN (4.0.0)",
  },
  {
    reason: 'hostunknown',
    stages: PERSON,
    text: /(?:host|domain|host ?name|domain name)(?: name)?(?:'?s)? ?(?:<?[\w.-]{1,80}>? )?(?:is |was |could |does |has |not ){0,2}(?:unknown|not (?:be )?(?:found|exist|resolved)|doesn't exist|non-?existent)|(?:unknown|no such|non-?existent|invalid|unroute?able|bad destination) (?:mail )?(?:host|domain)|nxdomain|unroute?able (?:mail )?(?:domain|address)|unrouteable|couldn't find any host(?: named| by that name)|host or domain name not found|illegal host\/domain|domain (?:must exist|is not (?:valid|reachable))|host unreachable: no such|could not find a gateway for|no such domain|recipient domain .{0,30}(?:not|in)|unknown host|all relevant mx records point to non-existent|host address lookups failed permanently|remote domain doesn'?t exist/i,
    notText:
      /sender|mail from|from address|reverse|ptr|client|temporar|helo|your (?:host|domain)|user unknown|malformed|timed? ?out|local-part|unrouteable address: unknown local|try again/i,
    source: 'Sendmail, Exim, qmail, Postfix, OpenSMTPD, Courier',
    example: '550 Host unknown (Authoritative answer from name server)',
  },

  // Programs that speak no SMTP know their own users.
  {
    reason: 'userunknown',
    stages: ['unknown'],
    text: /no se encuentra en el directorio|non r[ée]pertori[ée] dans|recipient name is not recognized|invalid final delivery userid|^unknown user: |not listed in (?:the )?(?:domino|public|name)|not listed in .{0,20}address book|please check if (?:the )?address is correct|address couldn't be found|several matches found in domino|no valid recipients for this mm|リストにありません|ディレクトリ(?:に|には|で)見つかりません|宛先.{0,30}(?:不明|見つかり|存在し)|(?:アドレス|ユーザー?)(?:が|は).{0,20}(?:見つかり|存在し)/i,
    notText: NOT_UNKNOWN,
    source: 'Exchange, IMail, Domino, InterScan, Gmail, Verizon',
    example: { stage: 'unknown', said: 'The recipient name is not recognized' },
  },

  // Filters that answer in the words of "unknown".
  {
    reason: 'filtered',
    stages: MESSAGE,
    text: UNKNOWN_USER,
    notText: NOT_UNKNOWN,
    status: /^[45]\.(?!1\.)\d{1,3}\.\d{1,3}$/,
    source: 'A person known at RCPT is no longer known after DATA: a filter (docomo, au, Sisimai "filtered")',
    example: { stage: 'data', said: '550 5.7.1 <x@example.fr>: Recipient address rejected: User unknown' },
  },
  {
    reason: 'filtered',
    stages: PERSON,
    status: /^5\.(?:1\.4|2\.0|2\.4)$/,
    notText: /spam|virus|content/i,
    source: 'RFC 3463 §3.3: other mailbox status',
    example: '550 5.2.0 Unknown user',
  },
  {
    reason: 'filtered',
    stages: ['unknown'],
    status: /^5\.2\.1$/,
    notText: /disabled|suspended|inactive|locked/i,
    source: 'RFC 3463 §3.3: the mailbox takes no messages',
    example: { stage: 'unknown', said: '550 5.2.1 <x@example.jp>... User Unknown' },
  },
  {
    reason: 'filtered',
    stages: PERSON,
    text: /(?:user|recipient|member|customer|mailbox|account)s? (?:has |have |is |does |do |did )*(?:reject(?:ed|s|ing)?|refus(?:ed|es|ing)|block(?:ed|s)|declin(?:ed|es)|not (?:accept|allow|want|permit|receive)(?:ing|s)?)\b.{0,40}\b(?:mail|e-?mail|message|you|sender|this|from)|(?:recipient|user)'?s? (?:preferences|filter|settings|privacy|restrictions?)|due to (?:extended inactivity|recipient)|(?:rejected|refused|blocked) by (?:the |this )?(?:recipient|user|addressee)|because the (?:recipient|user) (?:is|has|set)|(?:message|mail) (?:was |has been )?filtered|not accepting (?:any |new )?(?:mail|messages|e-?mail)|is not accepting|can't accept messages now|only accepts? mail from|you have been blocked by|resolver\.rst\.(?:notauthorized|recipnotfound)|受信拒否|受け取りを拒否/i,
    notText: /ip address|network|host|server is not|spam|policy/i,
    source: 'Exchange recipient filters, Yahoo, AOL, carriers',
    example: '550 5.7.1 recipient has rejected mail from you',
  },

  // Dead addresses. RFC 3463 5.1.1 and 5.1.3.
  {
    reason: 'userunknown',
    stages: PERSON,
    code: /^5/,
    status: /^5\.1\.(?:0|1|3|10|351)$/,
    notText: /\bspam\b|\bpolicy\b|not accepting|verif(?:y|ication) fail|sender/i,
    source: 'RFC 3463 §3.2; Microsoft 5.1.10 and 5.1.351',
    example:
      '550 5.1.1 <kijitora@example.jp>: Recipient address rejected: User unknown in local recipient table',
  },
  {
    reason: 'userunknown',
    stages: ['rcpt'],
    code: /^5(?:5[0-4]|11)$/,
    text: UNKNOWN_USER,
    notText: NOT_UNKNOWN,
    source: 'Sendmail, Postfix, Exim, qmail, Yahoo',
    example: { stage: 'rcpt', said: '550 Requested action not taken: mailbox unavailable' },
  },
  {
    reason: 'userunknown',
    stages: ['unknown'],
    code: /^55[0134]$/,
    text: /@[^ ]{1,80}\.\.\. ?(?:<|no such|user|not|unknown|invalid|recipient|mailbox|address)/i,
    notText: NOT_UNKNOWN,
    source: 'Sendmail\'s own form of RCPT refusals: "<address>... User unknown"',
    example: { stage: 'unknown', said: '550 kijitora@example.com... No such user' },
  },
  {
    reason: 'filtered',
    stages: ['unknown', 'data', 'dot'],
    code: /^5/,
    text: UNKNOWN_USER,
    notText: NOT_UNKNOWN,
    source: 'Said we do not know when: not enough to call an address dead',
    example: { stage: 'unknown', said: '550 unknown user' },
  },
  {
    reason: 'onhold',
    stages: PERSON,
    code: /^4/,
    text: UNKNOWN_USER,
    source: 'RFC 5321 §4.2.1: 4xx is never final (Postfix: 450 4.1.1 unverified address)',
    example: { stage: 'rcpt', said: '450 4.1.1 <x@example.net>: Recipient address rejected: User unknown' },
  },
];

/** Reports of programs that speak no SMTP: they know their own users. Read after the numbers. */
export const LOCAL_RECIPIENT_RULES: readonly ReasonRule[] = [
  {
    reason: 'filtered',
    stages: ['unknown'],
    text: UNKNOWN_USER,
    notText: NOT_UNKNOWN,
    source: 'The words of a server without its code and command: not enough to call an address dead',
    example: { stage: 'unknown', said: 'kijitora@example.co.jp [User unknown]' },
  },
];
