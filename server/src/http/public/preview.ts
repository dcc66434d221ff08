import type { Context as KoaContext } from 'koa';
import { getContext } from '../../app';
import { CampaignError, loadDraft, type Draft } from '../../campaign';
import { describeProblem, renderPreview, TemplateErrors, type PreviewRequest } from '../../compose';
import type { Context } from '../../context';
import { findPerson } from '../../storage';
import type { HttpModule } from '../module';
import { html } from './html';
import { sendMailPage } from './mail-page';
import { refusedAsTooMany, sendInvalid, tokenOf } from './respond';

/** The mail as it stands in the editor, for the panel's frame. The address was given to an editor and expires. */
async function show(koa: KoaContext): Promise<void> {
  const ctx = getContext();
  const claim = ctx.tokens.readPreview(tokenOf(koa));
  const draft = claim && claim.expiresAt > Date.now() ? await draftOf(ctx, claim.campaignId) : null;
  const subscriber = claim?.subscriberId ? await personOf(ctx, claim.subscriberId) : null;
  if (!claim || !draft || (claim.subscriberId && !subscriber)) {
    if (!(await refusedAsTooMany(ctx, koa, 'preview'))) await sendInvalid(ctx, koa);
    return;
  }
  sendMailPage(koa, pageOf(draft, { ...claim, subscriber }), 'self');
}

async function draftOf(ctx: Context, campaignId: string): Promise<Draft | null> {
  try {
    return await loadDraft(ctx, campaignId);
  } catch (error) {
    if (error instanceof CampaignError && error.status === 404) return null;
    throw error;
  }
}

async function personOf(ctx: Context, id: string): Promise<PreviewRequest['subscriber']> {
  const person = await findPerson(ctx.knex, id);
  return person && { ...person, documentId: id };
}

/** The source may have been broken since the address was given: then the frame says what is wrong. */
function pageOf(draft: Draft, request: PreviewRequest): string {
  try {
    return renderPreview(draft.snapshot, { ...request, declared: draft.settings.attributes }).mail.html;
  } catch (error) {
    if (!(error instanceof TemplateErrors)) throw error;
    return html`<!doctype html>
      <html lang="en">
        <title>Preview</title>
        <body style="font: 15px/1.5 system-ui, sans-serif; margin: 24px">
          ${error.problems.map((problem) => html`<p>${describeProblem(problem)}</p>`)}
        </body>
      </html>`.toString();
  }
}

export const previewModule: HttpModule = {
  name: 'public-preview',
  controller: { show },
  contentApi: [
    { method: 'GET', path: '/preview/:token', handler: 'public-preview.show', config: { auth: false } },
  ],
};
