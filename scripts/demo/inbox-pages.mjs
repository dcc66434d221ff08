/** @typedef {import('./inbox.mjs').StoredMail} StoredMail */

const STYLE = `
  :root { color-scheme: light; font: 15px/1.5 system-ui, sans-serif; color: #212134; background: #f6f6f9 }
  body { margin: 0 auto; max-width: 1080px; padding: 24px }
  h1 { font-size: 22px } a { color: #4945ff }
  table { width: 100%; border-collapse: collapse; background: #fff; border-radius: 4px; box-shadow: 0 1px 4px #2121341a }
  th, td { text-align: left; padding: 10px 14px; border-bottom: 1px solid #eaeaef; vertical-align: top }
  th { font-size: 12px; text-transform: uppercase; color: #666687 } td.time { white-space: nowrap }
  iframe { width: 100%; height: 640px; border: 1px solid #dcdce4; background: #fff }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; background: #fff; padding: 16px; border: 1px solid #dcdce4 }
  dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 16px } dt { color: #666687 } dd { margin: 0 }
  input { font: inherit; padding: 6px 10px; width: 320px }`;

/**
 * @param {StoredMail[]} mails
 * @param {string} filter part of an address
 */
export function inboxPage(mails, filter) {
  const shown = mails
    .filter(({ to }) => to.includes(filter))
    .slice(-200)
    .reverse();
  const rows = shown.map(
    (mail) => `<tr><td class="time">${mail.at.toLocaleTimeString()}</td><td>${escape(mail.to)}</td>
      <td><a href="/mail/${mail.id}">${escape(mail.subject || '(no subject)')}</a></td></tr>`,
  );
  return page(
    'Inbox of the demo',
    `<h1>Inbox: ${mails.length} mails</h1>
    <p>What the demo's mail server accepted. Recipients at <code>gone.…</code>, <code>full.…</code> and
    <code>strict.…</code> domains are refused; what is accepted for <code>late.…</code> bounces. The newest 200 are shown; reload for more.</p>
    <form><label>Recipient <input name="to" value="${escape(filter)}"></label> <button>Filter</button></form><br>
    <table><thead><tr><th>Time</th><th>To</th><th>Subject</th></tr></thead><tbody>${rows.join('')}</tbody></table>`,
  );
}

/**
 * @param {StoredMail} mail
 * @param {import('mailparser').ParsedMail} parsed
 */
export function messagePage(mail, parsed) {
  const headers = [
    'from',
    'to',
    'subject',
    'message-id',
    'list-unsubscribe',
    'list-unsubscribe-post',
    'list-id',
    'dkim-signature',
  ];
  const lines = parsed.headerLines.filter(({ key }) => headers.includes(key)).map(({ line }) => escape(line));
  return page(
    mail.subject,
    `<p><a href="/">All mails</a> · <a href="/raw/${mail.id}">Source</a></p>
    <h1>${escape(parsed.subject ?? '')}</h1>
    <dl><dt>To</dt><dd>${escape(mail.to)}</dd><dt>Envelope from</dt><dd>${escape(mail.from)}</dd>
    <dt>Size</dt><dd>${(mail.raw.length / 1024).toFixed(1)} KiB</dd></dl>
    <iframe sandbox="allow-popups" src="/html/${mail.id}" title="HTML part"></iframe>
    <h2>Text part</h2><pre>${escape(parsed.text ?? '')}</pre>
    <h2>Headers</h2><pre>${lines.join('\n')}</pre>`,
  );
}

/**
 * @param {string} title
 * @param {string} body
 */
function page(title, body) {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
    <title>${escape(title)}</title><style>${STYLE}</style><body>${body}</body></html>`;
}

/** @param {string} text */
function escape(text) {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
