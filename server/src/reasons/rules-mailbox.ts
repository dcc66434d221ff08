import { PERSON } from './stages';
import type { ReasonRule } from './types';

/** What is said of a mailbox that exists: full, closed, moved; and of messages that are too large for it. */
export const MAILBOX_RULES: readonly ReasonRule[] = [
  // Full. Before "unknown": some servers say 550 5.1.1 for both.
  {
    reason: 'mailboxfull',
    stages: PERSON,
    status: /^[45]\.2\.2$/,
    notText: /unknown user|user unknown|no such user|does not exist|not found/i,
    source: 'RFC 3463 §3.3',
    example: '552 5.2.2 sorry',
  },
  {
    reason: 'mailboxfull',
    stages: PERSON,
    text: /(?:mail ?box|inbox|mail ?drop|mail folder|mail storage|account|user|recipient)[^.;]{0,60}?\b(?:is |are |has |was |been |already |currently |temporarily ){0,3}(?:full\b|over (?:its |the |disk )?quota|over the (?:limit|allowed|maximum)|out of (?:storage|space|disk)|exceed(?:s|ed|ing)? (?:(?:its|the|their|his|your) )?(?:\w+ ){0,2}(?:quota|size|storage|limit|capacity|space)|quota exceeded|has exceeded|beyond (?:its|the) quota)|number of messages in .{0,30}mailbox exceeded/i,
    notText:
      /(?:messages?|mails?|sending|hourly|daily|rate|recipients?|connections?) (?:rate |per (?:hour|day) )?(?:quota|limit)|rate limit|too many (?:messages|connections|recipients)|message (?:size |length )?exceeds|messages? .{0,20}size|mail system full/i,
    source: 'Dovecot, Exim, Exchange, Postfix with a quota policy',
    example: '552 5.1.1 <x@example.com>: mailbox for user is full',
  },
  {
    reason: 'mailboxfull',
    stages: PERSON,
    text: /\b(?:over|exceed(?:s|ed|ing)?|out of|insufficient|not enough|would exceed) .{0,20}?\b(?:mailbox|mail|user|account|disk|storage)? ?(?:quota|allocation)\b|\bquota (?:is )?(?:full|violation|exceed|reached|limit|error)|\bover ?quota\b|\bdisk quota\b|quota .{0,20}exceeded|exceeded storage allocation|mailbox (?:size )?limit (?:exceeded|reached)|out of storage space|mailfolder is full|(?:mail|delivery) .{0,30}would exceed|maildir (?:delivery failed|over ?quota)|mail ?box full|too many messages (?:on|in) (?:the|this|his) (?:server|mail ?box)|\bfull mailbox\b|(?:mail ?box|disk) space not enough|mailbox exceeds|too much mail data|no space left for this user|account has been temporarily suspended because .{0,20}full/i,
    notText: /(?:messages?|sending|hourly|daily|rate|recipients?) (?:rate )?(?:quota|limit)|smtp quota/i,
    source: 'vpopmail, Courier, Cyrus, Gmail; docomo ("552 Too much mail data", its delivery guide)',
    example: '552 Too much mail data',
  },
  {
    reason: 'mailboxfull',
    stages: PERSON,
    text: /メールボックス(?:の容量|が(?:いっぱい|一杯|満杯))|容量(?:を超|超過|オーバー|がいっぱい)|bo[iî]te .{0,30}pleine|postfach .{0,30}voll|casella .{0,30}piena|buz[oó]n .{0,30}llen|почтовый ящик .{0,30}(?:переполнен|заполнен)|zu ?viele (?:e-?)?mails auf dem server|(?:espacio|espa[cç]o) .{0,30}(?:agotado|esgotado)|(?:casilla|cuenta) .{0,20}(?:llena|sin espacio)|caixa .{0,20}(?:cheia|lotada)|skrzynk\w .{0,30}(?:pe[lł]na|przepe[lł]nion)|postvak .{0,20}vol\b|(?:邮箱|郵箱|信箱).{0,8}(?:已满|已滿|满了|空间不足)|(?:메일함|편지함|용량).{0,12}(?:가득|초과)|exhausted (?:its |the )?allowed storage/i,
    source:
      'Japanese, French, German, Italian, Spanish, Portuguese, Polish, Dutch, Russian, Chinese, Korean systems',
    example: '550 メールボックスがいっぱいです',
  },

  {
    reason: 'mailboxfull',
    stages: PERSON,
    text: /^(?:452 )?insufficient disk space|mail ?box <[^ >]{1,80}> is full|recipient quota limit is exceeded|error writing message: file too large|diskspace quota|does not have enough space|mail file size exceeds the maximum size allowed for mail delivery|no space left on device|not (?:enough|sufficient) (?:storage|disk) space|space has been used up|bo[iî]te du destinataire pleine|account storage limit|for exceeding receiving limits/i,
    source:
      'phrases collected in Sisimai, BSD-2-Clause: Tencent, Orange, GoDaddy, Notes; Postfix (mailbox_size_limit)',
    example: "552 The user's space has been used up",
  },

  // Too large. RFC 1870 §6, RFC 3463 5.3.4 (the system's limit) and 5.2.3 (the mailbox's).
  {
    reason: 'mesgtoobig',
    status: /^[45]\.3\.4$/,
    source: 'RFC 1870 §6.1',
    example: { stage: 'mail', said: '552 5.3.4 Message size exceeds fixed limit' },
  },
  {
    reason: 'exceedlimit',
    status: /^[45]\.2\.3$/,
    notText: /receiving|rate/i,
    source: 'RFC 3463 §3.3',
    example: '552 5.2.3 Message length exceeds administrative limit',
  },
  {
    reason: 'exceedlimit',
    text: /message (?:length|size) exceeds (?:the )?(?:limit|size) set by|too large for (?:this|the) (?:recipient|mailbox)|recipient.{0,30}(?:only accepts|does not accept) messages .{0,20}(?:size|larger)/i,
    source: 'Amazon SES receiving, Firefox Relay',
    example: '552 Message length exceeds limit set by recipient',
  },
  {
    reason: 'mesgtoobig',
    text: /message (?:is |was |has |have )?(?:file )?(?:size )?(?:too (?:big|large|long)|exceed(?:s|ed)? .{0,30}(?:size|limit|maximum|max))|mail (?:is |was )?too (?:big|large)|(?:message|mail|e-?mail) size .{0,30}(?:exceed|larger|too)|(?:size|length) .{0,20}exceeds?.{0,20}(?:limit|maximum|fixed|allowed)|exceeds? .{0,20}(?:maximum|max) .{0,12}(?:message|mail) size|max(?:imum)? message size exceeded|line too long|too large message/i,
    notText: /mailbox|quota|folder|header/i,
    source: 'Sendmail, Exim, Exchange; docomo ("500 Line Too Long")',
    example: { stage: 'dot', said: '500 Line Too Long' },
  },

  // Receiving too fast: the mailbox is well. Before "disabled", since Gmail says 5.2.1 for both.
  {
    reason: 'speeding',
    text: /receiving (?:mail|e-?mail|messages) (?:at a rate|too (?:quickly|fast))|(?:inbox|mailbox|recipient) .{0,30}too (?:quickly|many messages)/i,
    source: 'Gmail 4.2.1 and 5.2.1, support.google.com/a/answer/3726730',
    example:
      '550 5.2.1 The user you are trying to contact is receiving mail at a rate that prevents additional messages',
  },

  // Closed for now. Not dead: people come back, accounts are paid again.
  {
    reason: 'suspend',
    stages: PERSON,
    status: /^5\.7\.13$/,
    source: 'RFC 5248, IANA: user account disabled',
    example: '525 5.7.13 Disabled recipient address',
  },
  {
    reason: 'suspend',
    stages: PERSON,
    text: /\b(?:account|mailbox|mail box|user|recipient|address|e-?mail|domain)(?:\(s\))?(?: account)?(?: <?[^ ]{1,80}@[^ ]{1,80}>?)? ?(?:'s mailbox )?(?:account )?(?:that you tried to reach )?(?:is |are |has |was |been |currently |temporar(?:il)?y |now ){0,4}(?:disabled|suspended|locked|frozen|inactive|deactivated|blocked(?! (?:by|due|for|using|because))|discontinued|on hold|over and closed|closed due|expired|archived|restricted due to inactivity|disabled or discontinued)/i,
    notText:
      /inactive e-?mail address|message (?:was |is |has been )?blocked|no longer|unknown|spam|\brbl\b|blocked using|sender|sending|ip address|your (?:account|ip)|source|client|blocklist|black ?list|sending domain|domain .{0,60}(?:blocked|expired)/i,
    source: 'Gmail, Yahoo, Microsoft, vpopmail, au, i.ua',
    example: '550 5.2.1 The email account that you tried to reach is disabled.',
  },
  {
    reason: 'suspend',
    stages: PERSON,
    text: /(?:disabled|suspended|locked|frozen|inactive|deactivated|dormant|closed) (?:account|mailbox|user|recipient)\b|this (?:account|mailbox|user) (?:has been|is) (?:\w+ )?(?:disabled|suspended|locked|cancell?ed)|account (?:is )?not active|not an active (?:account|user|mailbox)|mailbox currently suspended|(?:blocked|closed|disabled|rejected) due to (?:\w{1,20} )?inactivity|(?:account|mailbox) .{0,20}not (?:yet )?activated|invalid\/inactive user|user is inactive|has been suspended|recipient suspended|vdelivermail: account is locked|is not active anymore|mailbox is frozen/i,
    notText:
      /sender|sending|your account|spam|message has been suspended|service (?:has been |is )?suspended|delivery (?:has been |is )?temporarily suspended|source/i,
    source: 'vpopmail, CommuniGate, Zimbra, mail.ru',
    example: '550 5.7.1 this mailbox has been cancelled: inactive user',
  },

  {
    reason: 'suspend',
    stages: PERSON,
    text: /expirad[oa] por falta de uso|bloccat[oa] per inutilizzo|(?:usuario|cuenta|casilla|conta) .{0,40}(?:inactiv[oa]|inativ[oa]|deshabilitad[oa]|desativad[oa]|suspendid[oa]|suspensa|bloquead[oa])|(?:konto|skrzynk\w) .{0,30}(?:zablokowan|nieaktywn|deaktiviert|gesperrt)|(?:unbekannt|inconnu|sconosciut[oa]|desconocid[oa]) (?:oder|ou|o|od) .{0,40}(?:deaktiviert|d[eé]sactiv[eé]|disat+ivat|desactivad)|bo[iî]te .{0,40}d[eé]sactiv[eé]e|ящик .{0,30}(?:заблокирован|отключен|неактивен)/i,
    notText: /remitente|mittente|exp[eé]diteur|absender/i,
    source:
      'Spanish, Italian, Portuguese, Polish, German, French and Russian systems; who says "unknown or closed" does not know',
    example: '550 Esta casilla ha expirado por falta de uso.',
  },
  {
    reason: 'suspend',
    stages: PERSON,
    text: /delivery error: dd .{1,120} is no longer valid/i,
    source: 'Yahoo, after the message; so in Sisimai (BSD-2-Clause), too',
    example: { stage: 'dot', said: '554 delivery error: dd x@example.com is no longer valid.' },
  },
  {
    reason: 'mailboxfull',
    stages: PERSON,
    text: /(?:desconocid|sconosciut|desconhecid)[oa] ou? .{0,20}(?:llen[oa]|pien[oa]|chei[oa])|unknown (?:user )?or (?:mailbox )?full/i,
    source: '"Unknown or full": who cannot tell which calls nobody dead',
    example: { stage: 'rcpt', said: '550 <x@example.com>: Destinatario desconocido o mailbox lleno' },
  },

  // Moved. RFC 3463 5.1.6.
  {
    reason: 'hasmoved',
    stages: PERSON,
    status: /^5\.1\.6$/,
    source: 'RFC 3463 §3.2',
    example: '550 5.1.6 recipient no longer on server',
  },
  {
    reason: 'hasmoved',
    stages: PERSON,
    code: /^5/,
    text: /has been replaced by|(?:has|have) (?:been )?(?:moved|changed to)\b.{0,60}@|address has changed|(?:user|recipient) (?:has )?moved|no longer on (?:this )?server/i,
    source: 'Sendmail REDIRECT, Apple',
    example: '551 5.7.1 user has moved; please try <new@example.com>',
  },
];
