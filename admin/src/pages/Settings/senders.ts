import { emailKey } from '../../../../shared/address';
import type { Sender } from '../../../../shared/contracts';

/** An id for a new sender, made from its address, that no other sender has. */
export function senderId(email: string, taken: readonly string[]): string {
  const base =
    email
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 56) || 'sender';
  for (let number = 1; ; number++) {
    const id = number === 1 ? base : `${base}-${number}`;
    if (!taken.includes(id)) return id;
  }
}

export type SenderErrors = Partial<Record<'name' | 'email' | 'replyTo', 'missing' | 'format' | 'domain'>>;

/**
 * What is wrong with a sender.
 * @param domains those of the configuration: nobody signs for others; null while they are not known
 */
export function senderErrors(
  sender: Pick<Sender, 'name' | 'email'> & { replyTo: string },
  domains: readonly string[] | null,
): SenderErrors {
  const errors: SenderErrors = {};
  if (sender.name.trim() === '') errors.name = 'missing';
  const domain = sender.email
    .slice(sender.email.lastIndexOf('@') + 1)
    .trim()
    .toLowerCase();
  if (emailKey(sender.email.trim()) === null) errors.email = 'format';
  else if (domains !== null && !domains.includes(domain)) errors.email = 'domain';
  if (sender.replyTo.trim() !== '' && emailKey(sender.replyTo.trim()) === null) errors.replyTo = 'format';
  return errors;
}
