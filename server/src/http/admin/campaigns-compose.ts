import { previewQuerySchema } from '../../../../shared/contracts';
import { getContext } from '../../app';
import { loadDraft, preflightCampaign } from '../../campaign';
import { buildPreview, type PreviewRequest } from '../../compose';
import { findSubscriber } from '../../storage';
import type { Handler } from '../module';
import { notFound } from './request-error';
import { readId, readQuery } from './validate';

/** The handlers that show a campaign as it stands: what an editor looks at before sending. */
export const composing = {
  async preflight(ctx) {
    ctx.body = await preflightCampaign(getContext(), readId(ctx));
  },

  async preview(ctx) {
    const { subscriber, language, variant } = readQuery(ctx, previewQuerySchema);
    const { snapshot } = await loadDraft(getContext(), readId(ctx));
    ctx.body = buildPreview(getContext(), snapshot, {
      subscriber: subscriber === undefined ? null : await previewPerson(subscriber),
      language: language ?? null,
      variant: variant ?? null,
    });
  },
} satisfies Record<string, Handler>;

async function previewPerson(id: string): Promise<PreviewRequest['subscriber']> {
  const person = await findSubscriber(getContext().knex, id);
  if (!person) throw notFound('subscriber', id);
  const { documentId, email, firstName, lastName, language, attributes } = person;
  return { documentId, email, firstName, lastName, language, attributes };
}
