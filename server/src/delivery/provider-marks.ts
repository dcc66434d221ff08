import type { Sender } from '../../../shared/contracts';
import type { RawField } from './dkim/canon';
import { plain } from './mime/header';

type Mark = (messageIdLocal: string) => RawField[];

/**
 * What a provider gives back with its webhooks, where that is not the Message-ID as we wrote it. Amazon SES, SendGrid and
 * Mailgun return that and need no more; Resend returns nothing of ours, so that the address decides there.
 */
const MARKS: readonly { host: RegExp; mark: Mark }[] = [
  {
    // https://postmarkapp.com/support/article/1125-custom-metadata-faq; X-PM-KeepID: article 1036, our id reaches the reader
    host: /^smtp(?:-broadcasts)?\.postmarkapp\.com$/i,
    mark: (local) => [plain('X-PM-Metadata-newsletter', local), plain('X-PM-KeepID', 'true')],
  },
  {
    // https://developers.brevo.com/docs/transactional-webhooks: X-Mailin-custom
    host: /^smtp-relay\.(?:brevo|sendinblue)\.com$/i,
    mark: (local) => [plain('X-Mailin-custom', local)],
  },
];

/** The marks for mails of a sender, by the hosts of its transports; none for any other host. */
export function providerMarks(
  { transports }: { transports: Record<string, { type: string; host?: string }> },
  sender: Pick<Sender, 'transports'>,
): Mark[] {
  const named = sender.transports?.map(({ name }) => transports[name]) ?? [];
  const used = named.length > 0 ? named : Object.values(transports).slice(0, 1);
  const hosts = used.flatMap((one) => (one?.type === 'smtp' && one.host ? one.host : []));
  return MARKS.filter(({ host }) => hosts.some((name) => host.test(name))).map(({ mark }) => mark);
}
