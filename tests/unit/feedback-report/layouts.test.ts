import { describe, expect, it } from 'vitest';
import { parseReport } from '../../../server/src/feedback/report';

/**
 * Mails in the layouts of many mail systems, written from descriptions of their formats (start lines, labels, where the address
 * stands), not from anybody's mails. Each: name, From, Subject, body, and what must be found: address, reason, dead or not.
 */
type Layout = [
  name: string,
  from: string,
  subject: string,
  body: string,
  expected: string[],
  more?: string[],
];

const copy = `Received: from mail.sender.example by mx.example.net; Tue, 24 Nov 2026 09:59:00 +0000
Message-ID: <campaign.1@sender.example>
From: Harbour News <news@sender.example>
To: Taro <taro@example.jp>
Subject: The harbour wakes up
MIME-Version: 1.0
`;
const TYPE = 'Content-Type: multipart/report; report-type=delivery-status; boundary="=_b"';
/** A report of RFC 3464 with its three parts. */
const report = (text: string, fields: string) =>
  `--=_b\nContent-Type: text/plain\n\n${text}\n--=_b\nContent-Type: message/delivery-status\n\n${fields}\n\n--=_b\nContent-Type: message/rfc822\n\n${copy}\nHello\n--=_b--\n`;
const recipient = (diagnostic: string, status: string, address = 'taro@example.jp', more = '') =>
  `Reporting-MTA: dns; mx.example.net\n\nFinal-Recipient: rfc822; ${address}\nAction: failed\nStatus: ${status}\n${more}Diagnostic-Code: smtp; ${diagnostic}`;
const MTA = 'Mail Delivery System <MAILER-DAEMON@mx.example.net>';
const POST = 'Postmaster <postmaster@example.jp>';
const GOOGLE = 'Mail Delivery Subsystem <mailer-daemon@googlemail.com>';

const LAYOUTS: Layout[] = [
  [
    'activehunter',
    '"Mail Delivery Subsystem" <mailer-daemon@ah.example.jp>',
    'FAILURE NOTICE :',
    `  ----- The following addresses had permanent fatal errors -----\n\n>>> taro@example.jp <taro@example.jp>\n\n  ----- Transcript of session follows -----\n550 sorry, no mailbox here by that name (#5.1.1 - example.jp)\n\n`,
    ['taro@example.jp userunknown true'],
  ],
  [
    'amavis, a virus',
    '"Content-filter at mx.example.net" <postmaster@mx.example.net>',
    'VIRUS (Eicar) in mail FROM [192.0.2.1]',
    report(
      'The message WAS NOT relayed to:\n<taro@example.jp>:\n   554 5.7.0 Bounce, id=1 - INFECTED: Eicar\n',
      recipient('554 5.7.0 Bounce, id=1 - INFECTED: Eicar', '5.7.0'),
    ),
    ['taro@example.jp virusdetected false'],
    [TYPE],
  ],
  [
    'amavis, a header',
    '"Content-filter at mx.example.net" <postmaster@mx.example.net>',
    'Considered UNSOLICITED BULK EMAIL, apparently from you',
    report(
      'The message WAS NOT relayed.\n',
      recipient('554 5.6.0 Bounce, id=1 - BAD HEADER: Improper folded header field', '5.6.0'),
    ),
    ['taro@example.jp contenterror false'],
    [TYPE],
  ],
  [
    'amavis, spam',
    '"Content-filter at mx.example.net" <postmaster@mx.example.net>',
    'Considered UNSOLICITED BULK EMAIL, apparently from you',
    report(
      'A message from <news@sender.example> to:\n-> taro@example.jp\n\nwas considered unsolicited bulk e-mail (UBE).\n',
      recipient('554 5.7.0 Reject, id=00001-01 - SPAM', '5.7.0'),
    ),
    ['taro@example.jp spamdetected false'],
    [TYPE],
  ],
  [
    'Amazon SES',
    'MAILER-DAEMON@us-west-2.amazonses.com',
    'Delivery Status Notification (Failure)',
    report(
      'An error occurred while trying to deliver the mail to the following recipients:\ntaro@example.jp\n',
      recipient(
        "5.1.0 - Unknown address error 550-'5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.example' (delivery attempts: 0)",
        '5.1.0',
      ),
    ),
    ['taro@example.jp blocked false'],
    [TYPE],
  ],
  [
    'Amazon SES, too long in the queue',
    'MAILER-DAEMON@us-west-2.amazonses.com',
    'Delivery Status Notification (Failure)',
    report(
      "The following message to <taro@example.jp> was undeliverable.\nThe reason for the problem:\n4.4.7 - Delivery expired (message too old) [Default] 451-'4.4.0 DNS resolving error' (delivery attempts: 4)\n",
      recipient(
        "4.4.7 - Delivery expired (message too old) [Default] 451-'Requested action aborted' (delivery attempts: 4)",
        '5.4.7',
      ),
    ),
    ['taro@example.jp expired false'],
    [TYPE],
  ],
  [
    'AOL',
    'MAILER-DAEMON@mx.aol.example',
    'Undelivered Mail Returned to Sender',
    report(
      'This is the mail system at host mx.aol.example.\n\n<taro@example.jp>: Host or domain name not found. Name service error for name=example.jp type=MX: Host not found\n',
      'Reporting-MTA: dns; mx.aol.example\n\nFinal-Recipient: rfc822; taro@example.jp\nAction: failed\nStatus: 5.4.4\nDiagnostic-Code: X-Outbound-Mail-Relay; Host or domain name not found. Name\n    service error for name=example.jp type=MX: Host not found',
    ),
    ['taro@example.jp hostunknown true'],
    [TYPE],
  ],
  [
    'Apache James',
    'postmaster@james.example',
    '[BOUNCE]',
    `Hi. This is the James mail server at james.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\n\nMessage details:\n  Subject: The harbour wakes up\n  Sent date: Tue Nov 24 10:00:00 JST 2026\n  MAIL FROM: news@sender.example\n  RCPT TO: taro@example.jp\n  From: Harbour News <news@sender.example>\n  To: taro@example.jp\n\nError message below:\n550 - Requested action not taken: no such user here\n`,
    ['taro@example.jp userunknown true'],
  ],
  [
    'Barracuda',
    'MAILER-DAEMON@barracuda.example',
    '**Message you sent blocked by our bulk email filter**',
    report(
      'Your message to: taro@example.jp\nwas blocked by our Spam Firewall. The email you sent with the following subject has NOT BEEN DELIVERED:\n\nSubject: The harbour wakes up\n',
      recipient('550 5.7.1 Message content rejected, UBE, id=12345-01-23', '5.7.1'),
    ),
    ['taro@example.jp spamdetected false'],
    [TYPE],
  ],
  [
    'Bigfoot',
    'Mail Delivery Subsystem <MAILER-DAEMON@bigfoot.com>',
    'Returned mail: User unknown',
    report(
      '   ----- The following addresses had permanent fatal errors -----\n<taro@example.jp>\n\n   ----- Transcript of session follows -----\n>>> RCPT TO:<taro@example.jp>\n<<< 553 Invalid recipient taro@example.jp (Mode: normal)\n',
      recipient('553 Invalid recipient taro@example.jp (Mode: normal)', '5.1.1'),
    ),
    ['taro@example.jp userunknown true'],
    [TYPE],
  ],
  [
    'Biglobe, unknown',
    'postmaster@biglobe.ne.jp',
    'Returned mail: Service unavailable',
    `   ----- The following addresses had delivery problems -----\ntaro@example.biglobe.ne.jp\n\n   ----- Non-delivered information -----\nMail Delivery Failed... User unknown\n\n`,
    ['taro@example.biglobe.ne.jp filtered false'],
  ],
  [
    'Courier, a domain',
    '"Courier mail server at mx.example.net" <@mx.example.net>',
    'NOTICE: mail delivery status.',
    report(
      'UNDELIVERABLE MAIL\n\nYour message to the following recipients cannot be delivered:\n\n<taro@example.jp>:\n     No such domain.\n',
      'Reporting-MTA: dns; mx.example.net\n\nFinal-Recipient: rfc822; taro@example.jp\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: unknown; No such domain.',
    ),
    ['taro@example.jp hostunknown true'],
    [TYPE],
  ],
  [
    'Courier, DNS',
    '"Courier mail server at mx.example.net" <@mx.example.net>',
    'NOTICE: mail delivery status.',
    report(
      'UNDELIVERABLE MAIL\n\n<taro@example.jp>:\n     DNS lookup failed.\n',
      'Reporting-MTA: dns; mx.example.net\n\nFinal-Recipient: rfc822; taro@example.jp\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: unknown; DNS lookup failed.',
    ),
    ['taro@example.jp networkerror false'],
    [TYPE],
  ],
  [
    'Domino, in Spanish',
    POST,
    'DELIVERY FAILURE: El usuario taro no se encuentra',
    `Your message\n\n  Subject: The harbour wakes up\n\nwas not delivered to:\n\n  taro@example.jp\n\nbecause:\n\n  El usuario taro (taro@example.jp) no se encuentra en el Directorio de Domino\n`,
    ['taro@example.jp userunknown true'],
  ],
  [
    'Domino, in French',
    POST,
    'DELIVERY FAILURE: Utilisateur',
    `Your message\n\n  Subject: The harbour wakes up\n\nwas not delivered to:\n\n  taro@example.jp\n\nbecause:\n\n  L'utilisateur taro (taro@example.jp) est non répertorié dans l'annuaire Domino\n`,
    ['taro@example.jp userunknown true'],
    ['Content-Type: text/plain; charset=utf-8'],
  ],
  [
    'Domino, no route',
    POST,
    'DELIVERY FAILURE: Cannot route mail',
    `Your message\n\n  Subject: The harbour wakes up\n\nwas not delivered to:\n\n  taro@example.jp\n\nbecause:\n\n  Cannot route mail to user taro (taro@example.jp)\n`,
    ['taro@example.jp filtered false'],
  ],
  [
    'DragonFly',
    'MAILER-DAEMON <>',
    'Mail delivery failed',
    `This is the DragonFly Mail Agent v0.9 at host.example.\n\nThere was an error delivering your mail to <taro@example.jp>.\n\nmx.example.jp [192.0.2.1] did not like our RCPT TO:\n550 5.1.1 <taro@example.jp>: user unknown\n\nOriginal message follows.\n\n${copy}`,
    ['taro@example.jp userunknown true'],
  ],
  [
    'DragonFly, no host',
    'MAILER-DAEMON <>',
    'Mail delivery failed',
    `This is the DragonFly Mail Agent v0.9 at host.example.\n\nThere was an error delivering your mail to <taro@example.jp>.\n\nDNS lookup failure: host example.jp not found\n\nMessage headers follow.\n\n${copy}`,
    ['taro@example.jp hostunknown true'],
  ],
  [
    '1&1',
    '"Mail Delivery System" <mailer-daemon@kundenserver.example>',
    'Mail delivery failed: returning message to sender',
    `This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of\nits recipients. The following addresses failed:\n\ntaro@example.jp\n\nFor the following reason:\n\nMail size limit exceeded. For explanation visit http://postmaster.example/\n\n--- The header of the original message is following. ---\n\n${copy}`,
    ['taro@example.jp mesgtoobig false'],
  ],
  [
    'Exchange 2003',
    'System Administrator <postmaster@example.jp>',
    'Undeliverable: The harbour wakes up',
    `Your message\n\n  To:      taro@example.jp\n  Subject: The harbour wakes up\n  Sent:    Tue, 24 Nov 2026 10:00:00 +0900\n\ndid not reach the following recipient(s):\n\ntaro@example.jp on Tue, 24 Nov 2026 10:00:01 +0900\n    Several matches\n    MSEXCH:IMS:EXAMPLE:TOKYO:MX 0 (000C0595) Ambiguous Recipient\n`,
    ['taro@example.jp filtered false'],
  ],
  [
    'Exchange 2003, hops',
    'System Administrator <postmaster@example.jp>',
    'Undeliverable: The harbour wakes up',
    `Your message\n\n  To:      taro@example.jp\n  Subject: The harbour wakes up\n\ndid not reach the following recipient(s):\n\ntaro@example.jp on Tue, 24 Nov 2026 10:00:01 +0900\n    MSEXCH:IMS:EXAMPLE:TOKYO:MX 0 (00120270) Too Many Hops\n`,
    ['taro@example.jp networkerror false'],
  ],
  [
    'Exchange 2007, in Italian',
    'Postmaster <postmaster@example.it>',
    'Non recapitabile: The harbour wakes up',
    `Recapito non riuscito per i seguenti destinatari o liste di distribuzione:\n\ntaro@example.it\n\nInformazioni di diagnostica per gli amministratori:\n\nServer di generazione: ex.example.it\n\ntaro@example.it\n#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##\n\nIntestazioni messaggio originali:\n\n${copy}`,
    ['taro@example.it userunknown true'],
  ],
  [
    'Exchange 2007, in French',
    'postmaster@example.fr',
    'Non remis : The harbour wakes up',
    `Votre message n'a pas pu être remis aux destinataires suivants :\n\ntaro@example.fr\n\nInformations de diagnostic pour les administrateurs :\n\nServeur de génération : ex.example.fr\n\ntaro@example.fr\n#550 5.2.3 RESOLVER.RST.RecipSizeLimit; message too large for this recipient ##\n`,
    ['taro@example.fr mesgtoobig false'],
    ['Content-Type: text/plain; charset=utf-8'],
  ],
  [
    'Microsoft 365',
    'postmaster@outlook.example',
    'Undeliverable: The harbour wakes up',
    report(
      "Delivery has failed to these recipients or groups:\n\ntaro@example.jp<mailto:taro@example.jp>\nThe email address you entered couldn't be found. Please check the recipient's email address.\n\nDiagnostic information for administrators:\n\nGenerating server: A.prod.outlook.com\n\ntaro@example.jp\nRemote Server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient taro@example.jp not found by SMTP address lookup'\n",
      recipient(
        '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient taro@example.jp not found by SMTP address lookup',
        '5.1.10',
      ),
    ),
    ['taro@example.jp userunknown true'],
    [TYPE],
  ],
  [
    'Microsoft 365, in Dutch',
    'postmaster@outlook.example',
    'Onbestelbaar: The harbour wakes up',
    `Uw bericht kan niet worden bezorgd bij de volgende geadresseerden of groepen:\n\ntaro@example.nl<mailto:taro@example.nl>\n\nDiagnostische gegevens voor beheerders:\n\nBronserver: A.prod.outlook.com\n\ntaro@example.nl\nRemote Server returned '554 5.4.14 Hop count exceeded - possible mail loop'\n\nOorspronkelijke berichtkoppen:\n\n${copy}`,
    ['taro@example.nl networkerror false'],
  ],
  [
    'Microsoft 365, in Portuguese',
    'postmaster@outlook.example',
    'Não entregue: The harbour wakes up',
    `Falha na entrega a estes destinatários ou grupos:\n\ntaro@example.br<mailto:taro@example.br>\n\nInformações de diagnóstico para administradores:\n\nServidor de origem: A.prod.outlook.com\n\ntaro@example.br\nRemote Server returned '550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required'\n\nCabeçalhos originais da mensagem:\n\n${copy}`,
    ['taro@example.br rejected false'],
    ['Content-Type: text/plain; charset=utf-8'],
  ],
  [
    'Exim, a pipe',
    MTA,
    'Mail delivery failed: returning message to sender',
    `This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n  pipe to |/usr/bin/filter --user taro\n    generated by taro@example.jp\n    Child process of address_pipe transport returned 127 (could be a command not found)\n\n------ This is a copy of the message, including all the headers. ------\n\n${copy}`,
    ['taro@example.jp mailererror false'],
  ],
  [
    'Exim, an undisclosed address',
    MTA,
    'Mail delivery failed: returning message to sender',
    `This message was created automatically by mail delivery software.\n\nThe following address(es) failed:\n\n  an undisclosed address\n    (generated from taro@example.jp)\n    SMTP error from remote mail server after end of data:\n    host mx.example.com [192.0.2.1]: 550 5.7.1 This message scored 9.1 spam points\n\n------ This is a copy of the message, including all the headers. ------\n\n${copy}`,
    ['taro@example.jp spamdetected false'],
  ],
  [
    'Exim, frozen',
    MTA,
    'Message 1abcde-000000-00 frozen',
    `Message 1abcde-000000-00 has been frozen (delivery error message).\nThe sender is <>.\n\nThe following address(es) have yet to be delivered:\n\n  taro@example.jp: Too many "Received" headers - suspected mail loop\n`,
    ['taro@example.jp contenterror false'],
  ],
  [
    'ez, limited',
    'Postmaster <Postmaster@ezweb.ne.jp>',
    'Mail System Error - Returned Mail',
    `The user(s) account is temporarily limited.\n\n<taro@ezweb.ne.jp>\n\n--------------------------------------------------\n\n${copy}`,
    ['taro@ezweb.ne.jp suspend false'],
  ],
  [
    'ez, too late',
    'Postmaster <Postmaster@ezweb.ne.jp>',
    'Mail System Error - Returned Mail',
    `Your message was not delivered within 0 days and 1 hours.\nRemote host is not responding.\n\nThe following recipients did not receive your message:\n\n<taro@ezweb.ne.jp>\n\n--------------------------------------------------\n\n${copy}`,
    ['taro@ezweb.ne.jp expired false'],
  ],
  [
    'ez, a host elsewhere',
    'Postmaster <Postmaster@ezweb.ne.jp>',
    'Mail System Error - Returned Mail',
    `Each of the following recipients was rejected by a remote mail server.\n\n    Recipient: <taro@example.jp>\n    >>> RCPT TO:<taro@example.jp>\n    <<< 550 <taro@example.jp>: User unknown\n\n--------------------------------------------------\n\n${copy}`,
    ['taro@example.jp userunknown true'],
  ],
  [
    'FML',
    'harbour-admin@ml.example.jp',
    'NOT MEMBER article from news@sender.example (harbour ML)',
    `You are not a member of this mailing list <harbour@ml.example.jp>.\nIf you want to subscribe, send a mail to <harbour-ctl@ml.example.jp>.\n\nOriginal mail as follows:\n\n  Received: from mail.sender.example\n  From: news@sender.example\n  To: harbour@ml.example.jp\n`,
    ['harbour@ml.example.jp rejected false'],
    ['Message-ID: <20261124.FMLAAA1.harbour@ml.example.jp>'],
  ],
  [
    'Gmail, state 14',
    GOOGLE,
    'Delivery Status Notification (Failure)',
    `Delivery to the following recipient failed permanently:\n\n     taro@example.jp\n\nTechnical details of permanent failure:\nGoogle tried to deliver your message, but it was rejected by the recipient domain. We recommend contacting the other email provider for further information about the cause of this error. The error that the other server returned was: 550 550 Unknown user taro@example.jp (state 14).\n\n----- Original message -----\n\n${copy}`,
    ['taro@example.jp userunknown true'],
  ],
  [
    'Gmail, state 13',
    GOOGLE,
    'Delivery Status Notification (Failure)',
    `Delivery to the following recipient failed permanently:\n\n     taro@example.jp\n\nTechnical details of permanent failure:\nThe error that the other server returned was: 554 554 goodbye (state 13).\n\n----- Original message -----\n\n${copy}`,
    ['taro@example.jp blocked false'],
  ],
  [
    'Gmail, no domain',
    GOOGLE,
    'Delivery Status Notification (Failure)',
    `Delivery to the following recipient failed permanently:\n\n     taro@example.jp\n\nTechnical details of permanent failure:\nDNS Error: Domain name not found\n\n----- Original message -----\n\n${copy}`,
    ['taro@example.jp hostunknown true'],
  ],
  [
    'Google Workspace',
    GOOGLE,
    'Delivery Status Notification (Failure)',
    report(
      "\n** Address not found **\n\nYour message wasn't delivered to taro@example.jp because the address couldn't be found. Check for typos or unnecessary spaces and try again.\n\nThe response was:\n\n550 5.1.1 The email account that you tried to reach does not exist.\n",
      recipient(
        '550-5.1.1 The email account that you tried to reach does not exist. Please try\n 550-5.1.1 double-checking',
        '5.1.1',
      ),
    ),
    ['taro@example.jp userunknown true'],
    [TYPE],
  ],
  [
    'GMX, expired',
    MTA,
    'Mail delivery failed: returning message to sender',
    `This message was created automatically by mail delivery software.\n\nThe following addresses failed:\n\n<taro@example.jp>\n\ndelivery retry timeout exceeded\n\n--- The header of the original message is following. ---\n\n${copy}`,
    ['taro@example.jp expired false'],
  ],
  [
    'IMail, full',
    POST,
    'Undeliverable Mail ',
    `User mailbox exceeds allowed size: taro@example.jp\n\nOriginal message follows.\n\n${copy}`,
    ['taro@example.jp mailboxfull false'],
    ['X-Mailer: <SMTP32 v8.22>'],
  ],
  [
    'IMail, a host',
    POST,
    'Undeliverable Mail ',
    `Unknown host: taro@example.jp\n\n\nOriginal message follows.\n\n${copy}`,
    ['taro@example.jp hostunknown true'],
    ['X-Mailer: <SMTP32 v8.22>'],
  ],
  [
    'IMail, a virus',
    POST,
    'Undeliverable Mail ',
    `undeliverable to taro@example.jp\nBody of message generated response:\n550 Requested action not taken: virus detected\n\nOriginal message follows.\n\n${copy}`,
    ['taro@example.jp virusdetected false'],
    ['X-Mailer: <SMTP32 v8.22>'],
  ],
  [
    'InterScan',
    '"InterScan MSS" <imss@example.jp>',
    'Mail could not be delivered',
    `InterScan Messaging Security Suite found a problem.\n\ntaro@example.jp <taro@example.jp>\nSent <<< RCPT TO:<taro@example.jp>\nReceived >>> 550 5.1.1 <taro@example.jp>... user unknown\n\nUnable to deliver message to <taro@example.jp>\n`,
    ['taro@example.jp userunknown true'],
  ],
  [
    'KDDI, no domain',
    'no-reply@dion.ne.jp',
    'Mail delivery failed',
    `Your mail sent on: Tue, 24 Nov 2026 10:00:00 +0900\n   Could not be delivered to: <taro@example.jp>\n   As the remote domain doesnt exist.\n\n${copy}`,
    ['taro@example.jp hostunknown true'],
  ],
  [
    'MailFoundry',
    MTA,
    'Message delivery has failed',
    `This is the mail server at mf.example.\n\nUnable to deliver message to: <taro@example.jp>\nDelivery failed for the following reason:\nServer mx.example.jp[192.0.2.1] failed with: 550 <taro@example.jp> No such user here\n\nThis has been a permanent failure.  No further delivery attempts will be made.\n`,
    ['taro@example.jp filtered false'],
  ],
  [
    'Mail.ru',
    'mailer-daemon@mx.mail.ru',
    'Mail failure.',
    `This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n  taro@mail.ru\n    SMTP error from remote mail server after end of data: host mx.mail.ru: 550 spam message rejected. Please visit http://help.mail.ru/\n\n------ This is a copy of the message, including all the headers. ------\n\n${copy}`,
    ['taro@mail.ru spamdetected false'],
  ],
  [
    'McAfee',
    POST,
    'Mail delivery failed',
    report(
      '---- Transcript of session follows ----\n\n    --- The following addresses had delivery problems ---\n\n<taro@example.jp>   (User not exist)\n',
      recipient('550 taro@example.jp User not exist', '5.1.1'),
    ),
    ['taro@example.jp userunknown true'],
    [TYPE, 'X-NAI-Header: Modified by McAfee'],
  ],
  [
    'MessageLabs',
    'Mail Delivery System <MAILER-DAEMON@messagelabs.com>',
    'Mail Delivery Failure',
    report(
      'This is the mail delivery agent at messagelabs.com.\n\nI was unable to deliver your message to the following addresses:\n\ntaro@example.jp\n\nReason: 542 taro@example.jp Rejected\n',
      recipient('542 taro@example.jp Rejected', '5.0.0'),
    ),
    ['taro@example.jp userunknown true'],
    [TYPE],
  ],
  [
    'Messaging Server',
    'Internet Mail Delivery <postmaster@example.net>',
    'Delivery Notification: Delivery has failed',
    `This report relates to a message you sent with the following header fields:\n\n  Message-id: <campaign.1@sender.example>\n  Date: Tue, 24 Nov 2026 10:00:00 +0000\n  From: news@sender.example\n  To: taro@example.jp\n\nYour message cannot be delivered to the following recipients:\n\n  Recipient address: taro@example.jp\n  Reason: Illegal host/domain name found\n`,
    ['taro@example.jp hostunknown true'],
  ],
  [
    'mFILTER',
    POST,
    'failure notice',
    `-------Server message\nThe following recipients could not be delivered to.\n-------server command\nRCPT TO:<taro@example.jp>\n-------server message\n550 5.1.1 unknown user <taro@example.jp>\n-------original mail info\n${copy}`,
    ['taro@example.jp userunknown true'],
    ['X-Mailer: m-FILTER'],
  ],
  [
    'MXLogic',
    'Mail Delivery System <Mailer-Daemon@p01c11m000.mxlogic.example>',
    'Mail delivery failed: returning message to sender',
    `This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its recipients.\n\n  <taro@example.jp>: host mx.example.jp[192.0.2.1]: 550 5.2.1 This mailbox is disabled\n\nIncluded is a copy of the message header:\n-----------------------------------------\n${copy}`,
    ['taro@example.jp suspend false'],
  ],
  [
    'OpenSMTPD, no MX',
    'Mailer Daemon <MAILER-DAEMON@mx.example.net>',
    'Delivery status notification: error',
    `    Hi!\n\n    This is the MAILER-DAEMON, please DO NOT REPLY to this e-mail.\n\n    An error has occurred while attempting to deliver a message for\n    the following list of recipients:\n\ntaro@example.jp: No MX found for domain\n\n    Below is a copy of the original message:\n\n${copy}`,
    ['taro@example.jp notaccept true'],
  ],
  [
    'OpenSMTPD, all refused',
    'Mailer Daemon <MAILER-DAEMON@mx.example.net>',
    'Delivery status notification: error',
    `    Hi!\n\n    This is the MAILER-DAEMON, please DO NOT REPLY to this e-mail.\n\ntaro@example.jp: Destination seem to reject all mails\n\n    Below is a copy of the original message:\n\n${copy}`,
    ['taro@example.jp notaccept true'],
  ],
  [
    'OpenSMTPD, no route',
    'Mailer Daemon <MAILER-DAEMON@mx.example.net>',
    'Delivery status notification: error',
    `    Hi!\n\n    This is the MAILER-DAEMON, please DO NOT REPLY to this e-mail.\n\ntaro@example.jp: No valid route to remote MX\n\n    Below is a copy of the original message:\n\n${copy}`,
    ['taro@example.jp networkerror false'],
  ],
  [
    'Outlook.com',
    'postmaster@hotmail.com',
    'Delivery Status Notification (Failure)',
    report(
      'This is an automatically generated Delivery Status Notification.\n\nDelivery to the following recipients failed.\n\n       taro@example.jp\n',
      'Reporting-MTA: dns;BLU004.hotmail.com\n\nFinal-Recipient: rfc822;taro@example.jp\nAction: failed\nStatus: 5.5.0\nDiagnostic-Code: smtp;550 Requested action not taken: mailbox unavailable (1:2:3:4)',
    ),
    ['taro@example.jp userunknown true'],
    [TYPE],
  ],
  [
    'Postfix, a transcript',
    MTA,
    'Postfix SMTP server: errors from mail.sender.example[192.0.2.9]',
    `Transcript of session follows.\n\n Out: 220 mx.example.net ESMTP Postfix\n In:  EHLO mail.sender.example\n Out: 250 SMTPUTF8\n In:  MAIL FROM:<news@sender.example>\n Out: 250 2.1.0 Ok\n In:  RCPT TO:<taro@example.jp>\n Out: 550 5.7.1 <taro@example.jp>: Recipient address rejected: Service is unavailable\n\nSession aborted, reason: lost connection\n`,
    ['taro@example.jp onhold false'],
  ],
  [
    'PowerMTA',
    'postmaster@pm.example',
    'Delivery report',
    report(
      'Hello, this is the mail server on pm.example.\n\n  <taro@example.jp>  delivery failed; will not continue trying\n',
      'Reporting-MTA: dns;pm.example\n\nFinal-Recipient: rfc822;taro@example.jp\nAction: failed\nStatus: 5.0.0 (undefined status)\nX-PowerMTA-BounceCategory: bad-mailbox',
    ),
    ['taro@example.jp userunknown true'],
    [TYPE],
  ],
  [
    'Amazon SES receiving',
    'postmaster@inbound.example',
    'Delivery Status Notification (Failure)',
    report(
      'This message could not be delivered.\n',
      recipient(
        '550 Mailbox full',
        '5.2.2',
        'taro@example.jp',
        'Remote-MTA: dns; inbound-smtp.us-west-2.amazonaws.com\n',
      ),
    ),
    ['taro@example.jp mailboxfull false'],
    [TYPE],
  ],
  [
    'SendGrid',
    'MAILER-DAEMON <apps@sendgrid.net>',
    'Undelivered Mail Returned to Sender',
    report(
      "Hello, this is an automatically generated message from SendGrid.\n\nI'm sorry to have to tell you that your message was not able to be delivered to one of its intended recipients.\n",
      'Reporting-MTA: dns; sendgrid.net\n\nFinal-Recipient: rfc822; taro@example.jp\nOriginal-Recipient: rfc822; taro@example.jp\nAction: failed\nStatus: \nDiagnostic-Code: 550 5.1.1 <taro@example.jp>: Recipient address rejected: User unknown',
    ),
    ['taro@example.jp userunknown true'],
    [TYPE],
  ],
  [
    'SurfControl',
    POST,
    'Undeliverable Mail',
    `Your message could not be sent.\nA transcript of the attempts to send the message follows.\nThe number of attempts made: 1\nAddressed To: taro@example.jp\n\nTue 24 Nov 2026 10:00:00 +0900\nFailed to send to identified host,\ntaro@example.jp: [192.0.2.5], 550 taro@example.jp... No such user\n\n--- Message non-deliverable.\n`,
    ['taro@example.jp userunknown true'],
    ['X-Mailer: SurfControl E-mail Filter'],
  ],
  [
    'Sendmail 5',
    'Mail Delivery Subsystem <MAILER-DAEMON@v5.example>',
    'Returned mail: Host unknown',
    `   ----- Transcript of session follows -----\n550 example.jp (tcp)... 550 Host unknown\n554 <taro@example.jp>... 550 Host unknown (Authoritative answer from name server)\n\n   ----- Unsent message follows -----\n${copy}`,
    ['taro@example.jp hostunknown true'],
  ],
  [
    'Verizon',
    'post_master@vtext.com',
    'Undeliverable Message',
    `Error: 550 - Requested action not taken: no such user here\n\nMessage details:\n  Subject: The harbour wakes up\n  Sent date: Tue Nov 24 10:00:00 GMT 2026\n  MAIL FROM: news@sender.example\n  RCPT TO: 9015551234@vtext.com\n`,
    ['9015551234@vtext.com userunknown true'],
  ],
  [
    'a system, "had delivery errors"',
    '"Mail Deliver System" <postmaster@example.jp>',
    'Returned Mail: User unknown',
    `The original message was received at Tue, 24 Nov 2026 10:00:00 +0900 (JST)\nfrom news@sender.example\n\n---The following addresses had delivery errors---\n\ntaro@example.jp [Mailbox full]\n`,
    ['taro@example.jp mailboxfull false'],
  ],
  [
    'a system, "He/Her is not"',
    POST,
    'failure notice',
    `He/Her is not a member here any more.\n\n<taro@example.jp>:\nuser is over quota\n`,
    ['taro@example.jp mailboxfull false'],
  ],
  [
    'a clone of qmail in Spanish',
    'MAILER-DAEMON@mx.example.es',
    'failure notice',
    `Su mensaje no pudo ser entregado a las siguientes direcciones:\n\n<taro@example.es>:\nNo existe ese usuario en este servidor. (#5.1.1)\n\n--- Below this line is a copy of the message.\n\n${copy}`,
    ['taro@example.es userunknown true'],
    ['Received: (qmail 1 invoked for bounce); 24 Nov 2026'],
  ],
  [
    'a system, "1 error(s)"',
    'admin@example.jp',
    'There was an error sending your mail',
    `We had trouble delivering your message. Full details follow:\n\nSubject: 'The harbour wakes up'\nDate: 'Tue, 24 Nov 2026 10:00:00 +0000'\n\n1 error(s):\n\nSMTP Server <mx.example.jp> rejected recipient <taro@example.jp>\n  (Error following RCPT command). It responded as follows: [550 5.1.1 User unknown]\n`,
    ['taro@example.jp userunknown true'],
  ],
  [
    'Yahoo',
    'MAILER-DAEMON@yahoo.com',
    'Failure Notice',
    `Sorry, we were unable to deliver your message to the following address.\n\n<taro@example.jp>:\nRemote host said:\n550 5.2.2 <taro@example.jp>... Mailbox Full\n[RCPT_TO]\n\n--- Below this line is a copy of the message.\n\n${copy}`,
    ['taro@example.jp mailboxfull false'],
  ],
  [
    'Yahoo, no MX',
    'MAILER-DAEMON@yahoo.com',
    'Failure Notice',
    `Sorry, we were unable to deliver your message to the following address.\n\n<taro@example.jp>:\nNo MX or A records for example.jp\n\n--- Below this line is a copy of the message.\n\n${copy}`,
    ['taro@example.jp hostunknown true'],
  ],
  [
    'Yandex',
    'mailer-daemon@yandex.ru',
    'Undelivered Mail Returned to Sender',
    report(
      'This is the mail system at host yandex.ru.\n\n<taro@example.jp>: host mx.example.jp[192.0.2.1] said: 550 5.1.1 <taro@example.jp>... User Unknown (in reply to RCPT TO command)\n',
      recipient('550 5.1.1 <taro@example.jp>... User Unknown', '5.1.1'),
    ),
    ['taro@example.jp userunknown true'],
    [TYPE],
  ],
  [
    'Zoho',
    'mailer-daemon@mail.zoho.com',
    'Undelivered Mail Returned to Sender',
    `This message was created automatically by mail delivery software.\nA message that you sent could not be delivered to one or more of its recipients. This is a permanent error.\n\n[Status: Error, Address: <taro@example.jp>, ResponseCode 421, , Host not reachable.]\n`,
    ['taro@example.jp expired false'],
    ['X-Mailer: Zoho Mail'],
  ],
  [
    'qmail-ldap',
    MTA,
    'failure notice',
    `Hi. This is the qmail-send program at mx.example.net.\n\n<taro@example.jp>:\nMailaddress is administratively disabled. (#5.2.1)\n\n--- Below this line is a copy of the message.\n\n${copy}`,
    ['taro@example.jp suspend false'],
  ],
  [
    'qmail, the sender',
    MTA,
    'failure notice',
    `Hi. This is the qmail-send program at mx.example.net.\n\n<taro@example.jp>:\nConnected to 192.0.2.1 but sender was rejected.\nRemote host said: 550 5.7.1 we would rather not\n\n--- Below this line is a copy of the message.\n\n${copy}`,
    ['taro@example.jp rejected false'],
  ],
  [
    'qmail, too long',
    MTA,
    'failure notice',
    `Hi. This is the qmail-send program at mx.example.net.\n\n<taro@example.jp>:\nI'm not going to try again; this message has been in the queue too long.\n\n--- Below this line is a copy of the message.\n\n${copy}`,
    ['taro@example.jp expired false'],
  ],
  [
    'nobody named but in the copy',
    MTA,
    'Undelivered Mail Returned to Sender',
    report('\t--- Delivery report unavailable ---\n', 'Reporting-MTA: dns; mx.example.net'),
    ['taro@example.jp onhold false'],
    [TYPE],
  ],
];

describe('layouts of mail systems', () => {
  it.each(LAYOUTS)('%s', async (_, from, subject, body, expected, more = []) => {
    const head = [
      'Return-Path: <>',
      `From: ${from}`,
      'To: news@sender.example',
      `Subject: ${subject}`,
      'Date: Tue, 24 Nov 2026 10:00:00 +0000',
      ...more,
    ];
    const found = await parseReport(Buffer.from(`${head.join('\n')}\n\n${body}`));
    expect(found.recipients.map((row) => `${row.recipient} ${row.reason} ${row.hard}`)).toEqual(expected);
  });
});
