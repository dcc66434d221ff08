import { previewQuerySchema, testSendSchema } from '../../../../shared/contracts';
import { getContext } from '../../app';
import { loadDraft, preflightCampaign } from '../../campaign';
import { buildPreview, type PreviewRequest } from '../../compose';
import { sendTest } from '../../delivery';
import { TEST_MAIL_KEY } from '../../insight';
import { findSubscriber, writeSetting } from '../../storage';
import type { Handler } from '../module';
import { notFound } from './request-error';
import { refuseWithout } from './rights';
import { readBody, readId, readQuery } from './validate';

/** The handlers that render a campaign as it stands: what an editor looks at before sending. */
export const composing = {
  async preflight(ctx) {
    ctx.body = await preflightCampaign(getContext(), readId(ctx));
  },

  async preview(ctx) {
    const { subscriber, language, variant } = readQuery(ctx, previewQuerySchema);
    if (subscriber !== undefined) refuseWithout(ctx, 'subscribersRead');
    const { snapshot, settings } = await loadDraft(getContext(), readId(ctx));
    ctx.body = buildPreview(getContext(), snapshot, {
      subscriber: subscriber === undefined ? null : await previewPerson(subscriber),
      language: language ?? null,
      variant: variant ?? null,
      declared: settings.attributes,
    });
  },

  async test(ctx) {
    const input = readBody(ctx, testSendSchema);
    if (input.subscriber !== undefined) refuseWithout(ctx, 'subscribersRead');
    const { knex } = getContext();
    const { snapshot, settings } = await loadDraft(getContext(), readId(ctx));
    const result = await sendTest(getContext(), { snapshot, declared: settings.attributes, ...input });
    if (result.results.some(({ ok }) => ok)) await writeSetting(knex, TEST_MAIL_KEY, Date.now());
    ctx.body = result;
  },
} satisfies Record<string, Handler>;

async function previewPerson(id: string): Promise<PreviewRequest['subscriber']> {
  const person = await findSubscriber(getContext().knex, id);
  if (!person) throw notFound('subscriber', id);
  const { documentId, email, firstName, lastName, language, attributes } = person;
  return { documentId, email, firstName, lastName, language, attributes };
}
