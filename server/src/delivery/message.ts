import MailComposer from 'nodemailer/lib/mail-composer';
import type { CampaignSnapshot, RenderedMail } from '../compose';
import type { Context } from '../context';
import type { PersonClaim } from '../tokens';
import {
  domainOf,
  envelopeFrom,
  newsletterHeaders,
  oneHeaderLine,
  smtpAddress,
  type HeaderField,
} from './headers';
import { createSigner } from './signing';
import type { OutgoingMessage } from './types';

export interface Mailbox {
  email: string;
  name?: string | null;
}

export interface NewsletterMessage {
  snapshot: CampaignSnapshot;
  rendered: RenderedMail;
  to: Mailbox;
  /** Makes the Message-ID: the same for each attempt. */
  deliveryId: number;
  /** Whom the List-Unsubscribe link unsubscribes. */
  personClaim: PersonClaim;
  /** Local part of the Message-ID, in place of the delivery's: for mails outside the ledger. */
  messageIdLocal?: string;
}

export interface PlainMessage {
  from: { name: string; email: string; replyTo?: string | null };
  to: Mailbox;
  subject: string;
  html: string;
  text: string;
  /** Local part of the Message-ID; keep it the same for each attempt. */
  messageIdLocal: string;
}

/**
 * Makes the octets of mails: composed, encoded to 7 bits in lines of at most 998, signed.
 * Both throw SigningError when the From domain is not configured or the signature fails, and MessageError when an
 * address cannot be put on the wire: such a mail must not be sent.
 */
export interface MessageBuilder {
  build(message: NewsletterMessage): Promise<OutgoingMessage>;
  /** A mail to one person that no list sent: no List-* headers, Auto-Submitted instead (RFC 3834 §5). */
  buildPlain(message: PlainMessage): Promise<OutgoingMessage>;
}

export function createMessageBuilder(
  ctx: Pick<Context, 'config' | 'projectDir' | 'tokens' | 'urls'>,
): MessageBuilder {
  const signer = createSigner(ctx);

  async function finish(content: Content): Promise<OutgoingMessage> {
    const envelope = { from: envelopeFrom(content.from), to: smtpAddress(content.to.email) };
    const raw = await compose(content, envelope.to);
    return { envelope, raw: await signer.sign(raw, domainOf(content.from.email)) };
  }

  return {
    async build({ snapshot, rendered, to, deliveryId, personClaim, messageIdLocal }) {
      return finish({
        from: snapshot.sender,
        to,
        subject: rendered.subject,
        text: rendered.text,
        html: rendered.html,
        messageIdLocal: messageIdLocal ?? ctx.tokens.messageIdLocal(deliveryId),
        headers: newsletterHeaders(snapshot, ctx.urls.unsubscribe(personClaim)),
      });
    },
    async buildPlain(message) {
      return finish({
        ...message,
        headers: [
          { key: 'Auto-Submitted', value: 'auto-generated' },
          { key: 'X-Auto-Response-Suppress', value: 'OOF, AutoReply' },
        ],
      });
    },
  };
}

interface Content extends PlainMessage {
  headers: HeaderField[];
}

function compose(content: Content, toAddress: string): Promise<Buffer> {
  const { from, to } = content;
  const mail = new MailComposer({
    from: { name: oneHeaderLine(from.name), address: smtpAddress(from.email) },
    replyTo: from.replyTo ? { name: '', address: smtpAddress(from.replyTo) } : undefined,
    to: { name: oneHeaderLine(to.name ?? ''), address: toAddress },
    subject: oneHeaderLine(content.subject),
    messageId: `<${content.messageIdLocal}@${domainOf(from.email)}>`,
    date: new Date(),
    headers: content.headers,
    text: withCrlf(content.text),
    html: withCrlf(content.html),
    newline: 'windows',
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return mail.compile().build();
}

/** Text in its canonical form (RFC 2046 §4.1.1) before it is encoded, where nothing can convert it any more. */
const withCrlf = (text: string) => text.replace(/\r\n|\r|\n/g, '\r\n');
