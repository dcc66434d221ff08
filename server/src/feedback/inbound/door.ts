import type { SMTPServerSession } from 'smtp-server';
import { bounceDomains, type ListenerConfig } from '../../config';
import type { Context } from '../../context';
import { findEventDelivery } from '../../storage';
import { asciiDomain } from './address';
import type { Rates } from './rates';
import { reply } from './reply';

/** Who may come in, before anything of a mail is read. Each check throws a `Refusal`. */
export interface Door {
  connect(session: SMTPServerSession): void;
  sender(session: SMTPServerSession): void;
  recipient(address: string, session: SMTPServerSession): Promise<void>;
}

type Client = Pick<SMTPServerSession, 'remoteAddress'>;
const DAY_MS = 24 * 3_600_000;
const MINUTE = 60_000;

export function createDoor(
  { knex, config, tokens, log }: Pick<Context, 'knex' | 'config' | 'tokens' | 'log'>,
  {
    fixedAddresses,
    strangersPerMinutePerIp,
  }: Pick<ListenerConfig, 'fixedAddresses' | 'strangersPerMinutePerIp'>,
  rates: Rates,
): Door {
  const domains = bounceDomains(config);

  /** A guesser learns nothing more from this connection; the next ones are turned away at once. */
  function unknown({ remoteAddress }: Client, code: number, text: string): never {
    if (rates.stranger(remoteAddress)) throw reply(code, text);
    tell(remoteAddress);
    throw reply(421, '4.7.0 Too many unknown recipients');
  }

  /** Once a minute at most: many clients may guess at the same time. */
  function tell(client: string): void {
    if (Date.now() < saidAt + MINUTE) return;
    saidAt = Date.now();
    log.warn(
      `newsletter: the SMTP listener turns ${client} away for a minute: it tried more than ${strangersPerMinutePerIp} addresses that are not ours`,
    );
  }
  let saidAt = 0;

  return {
    connect({ remoteAddress }) {
      if (rates.isGuessing(remoteAddress)) throw reply(421, '4.7.0 Too many unknown recipients');
      if (!rates.connection(remoteAddress)) throw reply(421, '4.7.0 Too many connections, try again later');
    },
    sender({ remoteAddress }) {
      if (!rates.mail(remoteAddress)) throw reply(451, '4.7.1 Too many mails, try again later');
    },
    async recipient(address, client) {
      const at = address.lastIndexOf('@');
      const local = address.slice(0, at < 0 ? undefined : at).toLowerCase();
      const domain = at < 0 ? null : asciiDomain(address.slice(at + 1));
      if (domain === null || !domains.has(domain)) {
        // RFC 5321 §4.1.1.3: "postmaster" alone is this host's.
        if (domain === null && fixedAddresses.includes(local)) return;
        return unknown(client, 550, '5.7.1 Relaying denied');
      }
      if (fixedAddresses.includes(local)) return;
      if (tokens.readUnsubscribeLocal(local)) return;
      const deliveryId = tokens.readBounceLocal(local);
      if (deliveryId === null) return unknown(client, 550, '5.1.1 No such address');
      const delivery = await findEventDelivery(knex, deliveryId);
      if (!delivery) throw reply(550, '5.1.1 No such address');
      const since = delivery.settledAt ?? Infinity;
      if (since < Date.now() - config.bounce.maxAgeDays * DAY_MS)
        throw reply(550, '5.1.1 The address was for bounces of an old mail');
    },
  };
}
