import type { LeavingReason, PageLanguage } from '../../../../shared/contracts';

/** Every text of the public pages. `address` is masked. */
export interface Words {
  language: string;
  invalid: { title: string; text: string };
  tooMany: { title: string; text(seconds: number): string };
  unknown: { title: string; text: string };
  confirm: {
    title: string;
    text(address: string): string;
    button: string;
    done: string;
    doneText: string;
    already: string;
    alreadyText: string;
    nothing: string;
    nothingText: string;
    ignore: string;
  };
  refused: { title: string; text: string };
  unsubscribe: {
    title: string;
    text(address: string): string;
    textSome(address: string): string;
    textUnknown: string;
    button: string;
    /** Beside the button for everything. `names` of the lists that the mail was sent to. */
    someButton(names: string): string;
    reason: string;
    reasons: Record<LeavingReason, string>;
    note: string;
    tellUs: string;
    lessText: string;
    lessLink: string;
    done: string;
    doneText: string;
    doneSome(names: string): string;
    backText: string;
    backLink: string;
  };
  preferences: {
    title: string;
    text(address: string): string;
    lists: string;
    noLists: string;
    language: string;
    languageKept(tag: string): string;
    save: string;
    saved: string;
    asked: string;
    stoppedBounced: string;
    stoppedQuiet: string;
    left: string;
    leave: string;
    leaveText: string;
    leaveButton: string;
    data: string;
    dataText: string;
    exportButton: string;
    eraseButton: string;
    eraseTitle: string;
    eraseText: string;
    eraseConfirm: string;
    eraseBack: string;
    erased: string;
    erasedText: string;
    link: string;
  };
  form: {
    title: string;
    email: string;
    firstName: string;
    lastName: string;
    lists: string;
    about: string;
    button: string;
    thanks: string;
    thanksText: string;
    check: string;
    wrongEmail: string;
    wrongLists: string;
    wrongCaptcha: string;
    wrong: { string: string; number: string; boolean: string; date: string };
    gone: string;
    unsaid: string;
    yes: string;
    no: string;
    trap: string;
    needsScript: string;
    /** Texts of the ALTCHA widget, by its own keys. */
    captcha: {
      ariaLinkLabel: string;
      error: string;
      expired: string;
      label: string;
      verified: string;
      verifying: string;
      waitAlert: string;
    };
  };
  returnLink: string;
  contact: string;
}

const en: Words = {
  language: 'English',
  invalid: {
    title: 'This link does not work',
    text: 'It may have been cut off when it was copied. Please open the link in the mail again, or copy all of it.',
  },
  tooMany: {
    title: 'Too many requests',
    text: (seconds) => `Please try again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`,
  },
  unknown: {
    title: 'We have no subscription of yours',
    text: 'There is no record of this address any more, and we do not send anything to it.',
  },
  confirm: {
    title: 'Confirm your subscription',
    text: (address) => `Please confirm that ${address} should receive:`,
    button: 'Confirm subscription',
    done: 'You are subscribed',
    doneText: 'Thank you. From now on you receive:',
    already: 'You are subscribed already',
    alreadyText: 'There is nothing left to confirm.',
    nothing: 'There is nothing to confirm',
    nothingText:
      'This subscription was ended or changed after the mail. To receive the newsletter, please sign up again.',
    ignore: 'If you did not ask for this, close this page. Nothing will be sent to you.',
  },
  refused: {
    title: 'We do not send mail to this address',
    text: 'A mail of ours to this address was reported as spam, or the address was blocked by us. Please contact us if you want to receive mail again.',
  },
  unsubscribe: {
    title: 'Unsubscribe',
    text: (address) => `Do you want to stop all newsletters to ${address}?`,
    textSome: (address) => `Which newsletters to ${address} do you want to stop?`,
    textUnknown: 'Do you want to stop all newsletters to your address?',
    button: 'Unsubscribe from everything',
    someButton: (names) => `Unsubscribe from ${names} only`,
    reason: 'Why are you leaving? (optional)',
    reasons: {
      'too-often': 'You send too many mails',
      'not-relevant': 'The content is not relevant to me',
      'never-subscribed': 'I never subscribed',
      other: 'Another reason',
    },
    note: 'Anything you would like to tell us? (optional)',
    tellUs: 'Tell us why (optional)',
    lessText: 'Only some of them?',
    lessLink: 'Choose which newsletters you receive',
    done: 'You are unsubscribed',
    doneText:
      'You will not receive any more newsletters. A mail that is already on its way may still arrive.',
    doneSome: (names) =>
      `You will not receive ${names} any more. A mail that is already on its way may still arrive. Your other newsletters go on.`,
    backText: 'Was that a mistake?',
    backLink: 'Choose newsletters again',
  },
  preferences: {
    title: 'Your newsletters',
    text: (address) => `Settings for ${address}`,
    lists: 'Newsletters that you receive',
    noLists: 'There are no newsletters to choose from at the moment.',
    language: 'Language',
    languageKept: (tag) => `Unchanged (${tag})`,
    save: 'Save',
    saved: 'Your choice has been saved.',
    asked:
      'Please confirm: you get a mail with a link. You receive newsletters again when you have confirmed there.',
    stoppedBounced:
      'At the moment we send no newsletters to this address: mails to it came back, or a check raised doubts about it. Choose newsletters and save; then you get a mail with a link to confirm.',
    stoppedQuiet:
      'At the moment we send no newsletters to this address, for example because we had not heard from you for a long time. Save to receive them again.',
    left: 'You are unsubscribed. You will not receive any more newsletters.',
    leave: 'Stop everything',
    leaveText: 'You will not receive any newsletter from us.',
    leaveButton: 'Unsubscribe from everything',
    data: 'Your data',
    dataText: 'You can download everything that we have stored about you, or have it erased.',
    exportButton: 'Download my data (JSON)',
    eraseButton: 'Erase my data…',
    eraseTitle: 'Erase your data?',
    eraseText:
      'Your address, name, subscriptions and history are deleted for good. We only keep a code from which your address cannot be read, so that we do not write to you again by mistake.',
    eraseConfirm: 'Erase my data for good',
    eraseBack: 'No, go back',
    erased: 'Your data has been erased',
    erasedText: 'You will not receive anything from us any more.',
    link: 'Manage your newsletters',
  },
  form: {
    title: 'Subscribe to our newsletter',
    email: 'Email address',
    firstName: 'First name',
    lastName: 'Last name',
    lists: 'What would you like to receive?',
    about: 'About you',
    button: 'Subscribe',
    thanks: 'Thank you',
    thanksText:
      'If the subscription needs to be confirmed, you will get a mail with a link in a moment. Please open it to finish.',
    check: 'Please check what you have entered.',
    wrongEmail: 'Please enter a full email address, such as name@example.com.',
    wrongLists: 'Please choose at least one.',
    wrongCaptcha: 'Please tick the box that shows that you are a person, then try again.',
    wrong: {
      string: 'Please enter a shorter text.',
      number: 'Please enter a number.',
      boolean: 'Please choose yes or no.',
      date: 'Please enter a date such as 2026-05-31.',
    },
    gone: 'This form does not work at the moment',
    unsaid: 'Not stated',
    yes: 'Yes',
    no: 'No',
    trap: 'Please leave this field empty',
    needsScript: 'Please allow scripts for this form: it has to make sure that you are a person.',
    captcha: {
      ariaLinkLabel: 'Visit Altcha.org',
      error: 'That did not work. Please try again later.',
      expired: 'Too much time has passed. Please try again.',
      label: 'I am a person',
      verified: 'Verified',
      verifying: 'Verifying…',
      waitAlert: 'Still verifying. Please wait a moment.',
    },
  },
  returnLink: 'Go to our website',
  contact: 'Contact',
};

const ja: Words = {
  language: '日本語',
  invalid: {
    title: 'このリンクはご利用いただけません',
    text: 'コピーの際にリンクの一部が欠けた可能性があります。お手数ですが、メール内のリンクをもう一度開くか、リンク全体をコピーしてお試しください。',
  },
  tooMany: {
    title: 'アクセスが集中しています',
    text: (seconds) => `恐れ入りますが、${seconds}秒後にもう一度お試しください。`,
  },
  unknown: {
    title: 'お客様の登録情報はありません',
    text: 'このメールアドレスの登録は残っておらず、今後メールをお送りすることもありません。',
  },
  confirm: {
    title: '購読のご確認',
    text: (address) => `${address} 宛てに次のニュースレターをお送りしてよろしいですか。`,
    button: '購読を確定する',
    done: '購読のお手続きが完了しました',
    doneText: 'ありがとうございます。今後、次のニュースレターをお送りします。',
    already: 'すでにご登録いただいています',
    alreadyText: 'あらためて確認していただく項目はありません。',
    nothing: '確認していただく項目はありません',
    nothingText:
      'メールをお送りした後に、この購読は終了または変更されています。ニュースレターをご希望の場合は、お手数ですがもう一度お申し込みください。',
    ignore: 'お心当たりがない場合は、このページを閉じてください。メールが配信されることはありません。',
  },
  refused: {
    title: 'このメールアドレスには配信しておりません',
    text: '以前のメールが迷惑メールとして報告されたか、当方で配信を停止しています。配信の再開をご希望の場合は、お問い合わせください。',
  },
  unsubscribe: {
    title: '配信停止のお手続き',
    text: (address) => `${address} 宛てのすべてのニュースレターの配信を停止しますか。`,
    textSome: (address) => `${address} 宛てのどのニュースレターの配信を停止しますか。`,
    textUnknown: 'お客様のメールアドレス宛てのすべてのニュースレターの配信を停止しますか。',
    button: 'すべての配信を停止する',
    someButton: (names) => `${names}のみ配信を停止する`,
    reason: '差し支えなければ、停止の理由をお聞かせください(任意)',
    reasons: {
      'too-often': 'メールの回数が多い',
      'not-relevant': '内容が自分に合わない',
      'never-subscribed': '登録した覚えがない',
      other: 'その他',
    },
    note: 'ご意見・ご要望がありましたらお聞かせください(任意)',
    tellUs: '停止の理由を伝える(任意)',
    lessText: '一部だけを停止したい場合',
    lessLink: '受け取るニュースレターを選ぶ',
    done: '配信を停止しました',
    doneText:
      '今後、ニュースレターはお送りしません。すでに送信済みのメールは、行き違いで届くことがあります。',
    doneSome: (names) =>
      `今後、${names}はお送りしません。すでに送信済みのメールは、行き違いで届くことがあります。ほかのニュースレターは引き続きお届けします。`,
    backText: '誤って停止された場合',
    backLink: 'ニュースレターを選び直す',
  },
  preferences: {
    title: 'ニュースレターの設定',
    text: (address) => `${address} の設定`,
    lists: '受け取るニュースレター',
    noLists: '現在、お選びいただけるニュースレターはありません。',
    language: '言語',
    languageKept: (tag) => `変更しない(${tag})`,
    save: '保存する',
    saved: '設定を保存しました。',
    asked:
      '確認用のリンクを記載したメールをお送りします。リンクを開いて確認していただくと、配信を再開します。',
    stoppedBounced:
      '以前のメールが届かなかったか、アドレスの点検で確認が必要となったため、現在このメールアドレスへの配信を停止しています。ニュースレターを選んで保存していただくと、確認用のリンクを記載したメールをお送りします。',
    stoppedQuiet:
      '長期間ご利用が確認できなかったなどの理由により、現在このメールアドレスへの配信を停止しています。配信の再開をご希望の場合は、保存してください。',
    left: '配信を停止しました。今後、ニュースレターはお送りしません。',
    leave: 'すべての配信停止',
    leaveText: '当方からのニュースレターをすべて停止します。',
    leaveButton: 'すべての配信を停止する',
    data: 'お客様のデータ',
    dataText: '保存されているお客様のデータをすべてダウンロードするか、消去することができます。',
    exportButton: 'データをダウンロードする(JSON)',
    eraseButton: 'データを消去する…',
    eraseTitle: 'データを消去しますか',
    eraseText:
      'メールアドレス、お名前、購読内容、履歴を完全に削除します。この操作は取り消せません。誤って再びメールをお送りすることがないよう、メールアドレスを復元できない符号のみを保管します。',
    eraseConfirm: 'データを完全に消去する',
    eraseBack: 'いいえ、戻ります',
    erased: 'データを消去しました',
    erasedText: '今後、当方からメールをお送りすることはありません。',
    link: 'ニュースレターの設定を変更する',
  },
  form: {
    title: 'ニュースレターのお申し込み',
    email: 'メールアドレス',
    firstName: '名',
    lastName: '姓',
    lists: 'ご希望のニュースレター',
    about: 'お客様について',
    button: '申し込む',
    thanks: 'お申し込みありがとうございます',
    thanksText:
      '確認が必要な場合は、まもなく確認用のリンクを記載したメールが届きます。リンクを開いてお手続きを完了してください。',
    check: '入力内容をご確認ください。',
    wrongEmail: 'メールアドレスを name@example.com のような形式で入力してください。',
    wrongLists: '1つ以上お選びください。',
    wrongCaptcha: '自動送信を防ぐための確認欄にチェックを入れて、もう一度お試しください。',
    wrong: {
      string: '文字数が多すぎます。短くして入力してください。',
      number: '数値を入力してください。',
      boolean: '「はい」または「いいえ」をお選びください。',
      date: '日付を 2026-05-31 のような形式で入力してください。',
    },
    gone: '現在このフォームはご利用いただけません',
    unsaid: '未回答',
    yes: 'はい',
    no: 'いいえ',
    trap: 'この欄には何も入力しないでください',
    needsScript:
      '自動送信を防ぐための確認にスクリプトを使用します。ブラウザーの設定でスクリプトを許可してください。',
    captcha: {
      ariaLinkLabel: 'Altcha.org を開く',
      error: '確認できませんでした。しばらくしてからもう一度お試しください。',
      expired: '有効期限が切れました。もう一度お試しください。',
      label: '私はロボットではありません',
      verified: '確認しました',
      verifying: '確認しています…',
      waitAlert: '確認しています。しばらくお待ちください。',
    },
  },
  returnLink: 'ウェブサイトへ',
  contact: 'お問い合わせ',
};

export const WORDS: Record<PageLanguage, Words> = { en, ja };
