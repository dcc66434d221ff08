import type { CampaignSnapshot, FilledText, RenderedMail } from '../compose';
import { bounceDomainOf, takesMail } from '../config';
import type { Context } from '../context';
import type { PersonClaim } from '../tokens';
import type { RawField } from './dkim/canon';
import {
  campaignFields,
  complaintFields,
  domainOf,
  envelopeFrom,
  oneHeaderLine,
  smtpAddress,
  takesComplaintsFor,
  unsubscribeField,
} from './headers';
import { assembled, composeMail, dateNow } from './mime/compose';
import { folded, mailbox, plain, textField } from './mime/header';
import { providerMarks } from './provider-marks';
import type { Signer } from './signing';
import type { OutgoingMessage } from './types';

export interface Mailbox {
  email: string;
  name?: string | null;
}

export interface NewsletterMessage {
  snapshot: CampaignSnapshot;
  rendered: Omit<RenderedMail, 'filled'> & Partial<Pick<RenderedMail, 'filled'>>;
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
 * Makes the octets of mails: composed, in 7 bits but for addresses outside ASCII, in lines of at most 998, signed.
 * Both throw SigningError when the From domain is not configured or the signature fails, and MessageError when an
 * address cannot be put on the wire: such a mail must not be sent.
 */
export interface MessageBuilder {
  build(message: NewsletterMessage): Promise<OutgoingMessage>;
  /** A mail to one person that no list sent: no List-* headers, Auto-Submitted instead (RFC 3834 §5). */
  buildPlain(message: PlainMessage): Promise<OutgoingMessage>;
}

/** What of the configuration goes into messages, besides the keys. */
export interface MessageConfig {
  domains: Record<string, { bounceDomain?: string | undefined }>;
  transports: Record<string, { type: string; host?: string }>;
  bounce: { domain?: string | undefined; listener?: unknown; mailboxes: readonly unknown[] };
}

export function createMessageBuilder(
  ctx: Pick<Context, 'tokens' | 'urls'> & { config: MessageConfig },
  signer: Signer,
): MessageBuilder {
  /** What all mails of a campaign share. */
  const shared = new WeakMap<CampaignSnapshot, Shared>();
  const byMail = takesMail(ctx.config);

  async function finish(content: Content): Promise<OutgoingMessage> {
    const { from, to, text, html } = content;
    const envelope = { from: envelopeFrom(from, content.verp ?? null), to: smtpAddress(to.email) };
    const domain = domainOf(from.email);
    const fields = [
      folded('To', mailbox(oneHeaderLine(to.name ?? ''), envelope.to)),
      textField('Subject', oneHeaderLine(content.subject)),
      plain('Message-ID', `<${content.messageIdLocal}@${domain}>`),
      dateNow(),
      ...content.fields,
    ];
    const mail = composeMail(fields, text, html);
    const raw = assembled(mail, await signer.signatures(mail, domain));
    const { free } = mail;
    return hasUtf8Address(from) ? { envelope, raw, free, utf8Header: true } : { envelope, raw, free };
  }

  return {
    async build({ snapshot, rendered, to, deliveryId, personClaim, messageIdLocal }) {
      let known = shared.get(snapshot);
      if (!known) {
        const domain = domainOf(snapshot.sender.email);
        const bounceDomain = bounceDomainOf(ctx.config, domain);
        known = {
          fields: [...senderFields(snapshot.sender), ...campaignFields(snapshot)],
          bounceDomain,
          complaints: bounceDomain !== null && takesComplaintsFor(domain, bounceDomain),
          marks: providerMarks(ctx.config, snapshot.sender),
        };
        shared.set(snapshot, known);
      }
      const { fields, bounceDomain, marks, complaints } = known;
      const ownId = messageIdLocal ?? ctx.tokens.messageIdLocal(deliveryId);
      const verp =
        bounceDomain && messageIdLocal === undefined
          ? `${ctx.tokens.bounceLocal(deliveryId)}@${bounceDomain}`
          : null;
      const leave =
        byMail && bounceDomain ? `${ctx.tokens.unsubscribeLocal(personClaim)}@${bounceDomain}` : null;
      return finish({
        from: snapshot.sender,
        to,
        subject: rendered.subject,
        text: rendered.filled?.text ?? whole(rendered.text),
        html: rendered.filled?.html ?? whole(rendered.html),
        messageIdLocal: ownId,
        fields: [
          ...fields,
          unsubscribeField(ctx.urls.unsubscribe(personClaim), leave),
          ...(verp && byMail && complaints ? complaintFields(verp, ownId) : []),
          ...marks.flatMap((mark) => mark(ownId)),
        ],
        verp,
      });
    },
    async buildPlain(message) {
      return finish({
        ...message,
        text: whole(message.text),
        html: whole(message.html),
        fields: [...senderFields(message.from), ...AUTOMATIC],
      });
    },
  };
}

interface Shared {
  fields: RawField[];
  bounceDomain: string | null;
  /** Its addresses may be named for complaints. */
  complaints: boolean;
  marks: ReturnType<typeof providerMarks>;
}

/** Of the addresses that only the header carries: with VERP, the sender's is one of them. Domains are A-labels there. */
const hasUtf8Address = ({ email, replyTo }: PlainMessage['from']): boolean =>
  [email, replyTo ?? ''].some((address) => /[\u0080-\uffff].*@/.test(address));

const AUTOMATIC = [
  plain('Auto-Submitted', 'auto-generated'),
  plain('X-Auto-Response-Suppress', 'OOF, AutoReply'),
];

interface Content {
  from: PlainMessage['from'];
  to: Mailbox;
  subject: string;
  text: FilledText;
  html: FilledText;
  messageIdLocal: string;
  fields: RawField[];
  /** Envelope sender of a delivery at a bounce domain. */
  verp?: string | null;
}

const whole = (text: string): FilledText => ({ fixed: [text], values: [] });

/** @throws MessageError when an address is none */
function senderFields({ name, email, replyTo }: PlainMessage['from']): RawField[] {
  return [
    folded('From', mailbox(oneHeaderLine(name), smtpAddress(email))),
    ...(replyTo ? [folded('Reply-To', smtpAddress(replyTo))] : []),
  ];
}
