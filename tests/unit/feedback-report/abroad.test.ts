import { describe, expect, it } from 'vitest';
import { parseReport } from '../../../server/src/feedback/report';

/** What servers say in other languages than English, and who answers by a program without saying so. */
const mail = (fields: Record<string, string>, body: string) =>
  Buffer.from(
    `${Object.entries({ To: 'news@sender.example', ...fields })
      .map(([name, value]) => `${name}: ${value}`)
      .join('\n')}\nContent-Type: text/plain; charset=utf-8\n\n${body}`,
  );
const answer = (fields: Record<string, string>, body = 'Thank you, I have seen it.') =>
  parseReport(
    mail({ 'Return-Path': '<hanako@example.com>', From: 'Hanako <hanako@example.com>', ...fields }, body),
  );
const refused = (said: string, command = 'RCPT TO:<taro@example.jp>') =>
  parseReport(
    mail(
      {
        'Return-Path': '<>',
        From: 'Mail Delivery System <mailer-daemon@mx.example.net>',
        Subject: 'Mail delivery failed: returning message to sender',
      },
      `This message was created automatically by mail delivery software.\n\nThe following address(es) failed:\n\n  taro@example.jp\n    host mx.example.jp [192.0.2.1]\n    SMTP error from remote mail server after ${command}:\n    ${said}\n`,
    ),
  );

describe('refusals in other languages', () => {
  it.each<[said: string, reason: string, hard: boolean]>([
    ['550 Destinatario desconocido', 'userunknown', true],
    ['550 Usuário inexistente', 'userunknown', true],
    ['550 Indirizzo inesistente', 'userunknown', true],
    ['550 Konto nie istnieje', 'userunknown', true],
    ['550 Empfänger unbekannt', 'userunknown', true],
    ['550 Gebruiker onbekend', 'userunknown', true],
    ['550 Почтовый ящик не существует', 'userunknown', true],
    ['550 用户不存在', 'userunknown', true],
    ['550 <taro@example.jp> does not exist', 'userunknown', true],
    // who cannot tell "unknown" from "full" or "closed" calls nobody dead
    ['550 Destinatario desconocido o buzón lleno', 'mailboxfull', false],
    ['550 Adressat unbekannt oder Mailbox deaktiviert', 'suspend', false],
    ['550 Destinataire inconnu ou boîte aux lettres désactivée', 'suspend', false],
    ['550 Esta cuenta está bloqueada', 'suspend', false],
    ['550 Konto zostało zablokowane', 'suspend', false],
    ['550 Espacio en casilla agotado', 'mailboxfull', false],
    ['550 Skrzynka odbiorcy jest przepełniona', 'mailboxfull', false],
    ['550 收件人邮箱已满', 'mailboxfull', false],
    ['550 5.1.1 mailbox <taro@example.jp> is full', 'mailboxfull', false],
    ['451 server too busy', 'systemerror', false],
    ['550 relaying to <taro@example.jp> prohibited', 'norelaying', false],
    ['554 mail from [news@sender.example] mismatches client IP', 'requireptr', false],
  ])('%s', async (said, reason, hard) => {
    expect((await refused(said)).recipients).toMatchObject([{ recipient: 'taro@example.jp', reason, hard }]);
  });

  it('does not take what a virus scanner writes below each notice for the reason', async () => {
    const footer =
      '__________ Information from NOD32 1.1856 __________\n\nThis message was checked by NOD32 antivirus system.\n';
    const { recipients } = await refused(`550 We do not want it\n\n${footer}`, 'end of data');
    expect(recipients).toMatchObject([{ recipient: 'taro@example.jp' }]);
    expect(recipients[0]!.reason).not.toBe('virusdetected');
    expect((await refused('550 Virus found', 'end of data')).recipients[0]!.reason).toBe('virusdetected');
  });

  it('reads a mail that blanks stand in front of', async () => {
    const report = await parseReport(
      Buffer.concat([
        Buffer.from(`${' '.repeat(255)}\n`),
        mail(
          { From: 'MAILER-DAEMON@mx.example.net', 'Return-Path': '<>', Subject: 'failure notice' },
          '<taro@example.jp>:\n550 5.2.2 mailbox full\n',
        ),
      ]),
    );
    expect(report).toMatchObject({ kind: 'bounce', recipients: [{ recipient: 'taro@example.jp' }] });
  });

  it("reads a complaint of Outlook.com's that came as our message itself", async () => {
    const fields = { From: 'news@sender.example', 'X-HmXmrOriginalRecipient': 'taro@hotmail.com' };
    const report = await parseReport(mail({ 'Return-Path': 'staff@hotmail.com', ...fields }, 'Hello'));
    expect(report).toMatchObject({ kind: 'complaint', recipients: [{ recipient: 'taro@hotmail.com' }] });
    expect((await parseReport(mail({ 'Return-Path': '<x@example.com>', ...fields }, 'Hello'))).kind).toBe(
      'other',
    );
  });
});

describe('answers of programs', () => {
  it.each([
    'Fora do escritório até segunda-feira',
    'Ausente de la oficina',
    'Fuori sede fino al 24',
    'Absente du bureau jusqu’à lundi',
    'Afwezig: terug op maandag',
    'Ich bin im Urlaub',
    'Frånvaro: tillbaka på måndag',
    'Fraværende til mandag',
    'Automatická odpověď: zpráva',
    'Automatikus válasz: hírlevél',
    'Răspuns automat: stiri',
    'Αυτόματη απάντηση: νέα',
    'Nieobecność: wracam w poniedziałek',
    'Автоматична відповідь: новини',
    'Balasan otomatis: kabar',
    'Trả lời tự động: tin tức',
    'ตอบกลับอัตโนมัติ: ข่าว',
    'رد تلقائي: أخبار',
    'תשובה אוטומטית: חדשות',
    '不在辦公室：新聞',
    '부재중: 소식',
    'Sender verification required',
    'Your message to Hanako is awaiting verification',
    'We have received your message',
    '[Ticket #4711] has been created',
  ])('by the subject: %s', async (subject) => {
    const encoded = `=?utf-8?B?${Buffer.from(subject).toString('base64')}?=`;
    expect(await answer({ Subject: encoded })).toMatchObject({ kind: 'auto-reply' });
  });

  it.each([
    ['X-Precedence', 'auto_reply'],
    ['Preference', 'auto_reply'],
    ['X-Autogenerated', 'Reply'],
    ['X-POST-MessageClass', '9; Autoresponder'],
    ['Delivered-To', 'Autoresponder'],
    ['X-FC-MachineGenerated', 'true'],
    ['X-MS-Exchange-Inbox-Rules-Loop', 'hanako@example.com'],
    ['X-MS-Exchange-Generated-Message-Source', 'Mailbox Rules Agent'],
  ])('by a field: %s', async (name, value) => {
    expect(await answer({ Subject: 'Re: The harbour wakes up', [name]: value })).toMatchObject({
      kind: 'auto-reply',
      autoSubmitted: true,
    });
  });

  it.each([
    'Hello,\n\nI am currently out of the office and will be back on Monday.',
    'I will be travelling for work until Friday.',
    'Guten Tag,\n\nich bin derzeit nicht im Büro.',
    'Bonjour,\n\nje suis actuellement absente.',
    'Estoy fuera de la oficina hasta el lunes.',
    'Sono assente fino a lunedì.',
    'お世話になっております。\n\nこのメールは自動送信です。',
    'ただいま休暇をいただいております。',
  ])('by its first words: %s', async (body) => {
    expect(await answer({ Subject: 'Re: The harbour wakes up' }, body)).toMatchObject({ kind: 'auto-reply' });
  });

  it.each([
    ['Re: The harbour wakes up', 'Lovely issue. The office on the pier is open again, by the way.'],
    ['Please take me off', 'I do not want these mails any more.'],
    ['Abmeldung', 'Bitte streichen Sie mich von der Liste.'],
    ['配信について', '先日出張の折に拝見しました。今後は不要です。'],
    ['Thank you for your email', 'Please remove me from the list.'],
  ])('not what a person writes: %s', async (subject, body) => {
    const encoded = `=?utf-8?B?${Buffer.from(subject).toString('base64')}?=`;
    expect(await answer({ Subject: encoded }, body)).toMatchObject({ kind: 'other' });
  });
});
