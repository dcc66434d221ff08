import { addressDomain } from '../../../../shared/address';
import {
  settingsSchema,
  transportTestSchema,
  type CampaignChoices,
  type DeliverySettings,
  type Settings,
} from '../../../../shared/contracts';
import { getContext } from '../../app';
import { publicUrlProblem, type NewsletterConfig } from '../../config';
import type { Context } from '../../context';
import { queueKind, sendTransportTest } from '../../delivery';
import { loadSettings, saveSettings } from '../../settings';
import { requires, type HttpModule } from '../module';
import { defined } from './defined';
import { guarded } from './errors';
import { RequestError } from './request-error';
import { readBody } from './validate';

export const settings: HttpModule = {
  name: 'settings',
  controller: guarded({
    async read(ctx) {
      ctx.body = await loadSettings(getContext().knex);
    },

    async save(ctx) {
      const { knex, config } = getContext();
      const input = readBody(ctx, settingsSchema);
      input.senders.forEach((sender) => refuseUnusable(sender, config));
      refuseTwins(input.senders);
      ctx.body = await saveSettings(knex, input);
    },

    async senders(ctx) {
      const { senders, tracking, thresholds } = await loadSettings(getContext().knex);
      const choices: CampaignChoices = {
        senders: senders.map(({ id, name, email }) => ({ id, name, email })),
        tracking,
        unusualAudience: thresholds.unusualAudience,
      };
      ctx.body = choices;
    },

    delivery(ctx) {
      ctx.body = deliverySettings(getContext());
    },

    async test(ctx) {
      ctx.body = await sendTransportTest(getContext(), defined(readBody(ctx, transportTestSchema)));
    },
  }),
  admin: [
    { method: 'GET', path: '/settings', handler: 'settings.read', config: requires('settingsRead') },
    { method: 'GET', path: '/senders', handler: 'settings.senders', config: requires('campaignsRead') },
    { method: 'PUT', path: '/settings', handler: 'settings.save', config: requires('settingsEdit') },
    {
      method: 'GET',
      path: '/settings/delivery',
      handler: 'settings.delivery',
      config: requires('settingsRead'),
    },
    {
      method: 'POST',
      path: '/settings/delivery/test',
      handler: 'settings.test',
      config: requires('settingsEdit'),
    },
  ],
};

/** A sender on a domain without a key would send mail that nobody signs; one on an unknown transport could not send. */
function refuseUnusable(sender: Settings['senders'][number], config: NewsletterConfig): void {
  const domain = addressDomain(sender.email) ?? '';
  if (!Object.hasOwn(config.domains, domain)) {
    const known = Object.keys(config.domains);
    const which = known.length > 0 ? `It has ${known.join(', ')}.` : 'It has none yet.';
    throw new RequestError(
      400,
      'unknown-domain',
      `The sender "${sender.name}" writes from ${domain}, which is not in newsletter.config.domains. ${which} Ask your developer to add the domain with its DKIM key.`,
    );
  }
  const unknown = sender.transports?.find(({ name }) => !Object.hasOwn(config.transports, name));
  if (unknown) {
    const known = Object.keys(config.transports).join(', ') || 'none';
    throw new RequestError(
      400,
      'unknown-transport',
      `The sender "${sender.name}" uses the transport "${unknown.name}", which is not in newsletter.config.transports (${known}).`,
    );
  }
}

function refuseTwins(senders: Settings['senders']): void {
  const ids = senders.map((sender) => sender.id);
  const twin = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twin === undefined) return;
  throw new RequestError(
    400,
    'twin-senders',
    `Two senders have the id "${twin}"; campaigns could not tell them apart.`,
  );
}

/** The configuration as an editor may see it: nothing that logs in or signs leaves here. */
function deliverySettings({ config, knex, publicUrl, production }: Context): DeliverySettings {
  return {
    publicUrl,
    publicUrlProblem: publicUrlProblem({ publicUrl, production }),
    queueBackend: queueKind({ config, knex }),
    workerEnabled: config.worker.enabled,
    transports: Object.entries(config.transports).map(([name, transport]) => ({
      name,
      type: transport.type,
      host: transport.type === 'smtp' ? transport.host : null,
      port: transport.port,
      secure: transport.type === 'smtp' && transport.secure,
      user: transport.type === 'smtp' ? (transport.auth?.user ?? null) : null,
      localAddress: transport.localAddress ?? null,
      maxConnections: transport.pool.maxConnections,
      messagesPerSecond: transport.rate.messagesPerSecond ?? null,
    })),
    domains: Object.entries(config.domains).map(([name, { dkim }]) => ({
      name,
      dkim: dkim === 'relay' ? 'relay' : 'signed',
      selector: dkim === 'relay' ? null : dkim.selector,
    })),
  };
}
