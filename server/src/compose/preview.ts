import type { AttributeDeclaration, PreviewDto } from '../../../shared/contracts';
import type { Context } from '../context';
import { compileCampaign, contentFor } from './compile';
import { TemplateErrors } from './errors';
import { escapeHtml } from './escape';
import { applyEdits, scanHtml, type Edit } from './html';
import { SAMPLE_LINKS, samplePerson } from './sample';
import type { CampaignSnapshot, RenderedMail, RenderPerson } from './types';

/** Milliseconds for which a preview's address works. */
const PREVIEW_TTL = 15 * 60_000;

export interface PreviewRequest {
  /** Whose data fills the mail, with the documentId; null: an invented person. */
  subscriber: (RenderPerson & { documentId: string }) | null;
  /** The person's language by default. */
  language: string | null;
  variant: string | null;
  /** The attributes of which the invented person has values; none by default. */
  declared?: readonly AttributeDeclaration[];
}

/** What a recipient would see of a draft. Links lead nowhere personal, and nothing is tracked. */
export function buildPreview(
  ctx: Pick<Context, 'urls'>,
  snapshot: CampaignSnapshot,
  request: PreviewRequest,
  now: number = Date.now(),
): PreviewDto {
  const claim = {
    campaignId: snapshot.campaignId,
    subscriberId: request.subscriber?.documentId ?? null,
    language: request.language,
    variant: request.variant,
    expiresAt: now + PREVIEW_TTL,
  };
  const { sender } = snapshot;
  const from = sender.email ? `${sender.name} <${sender.email}>` : '';
  try {
    const { mail, to } = renderPreview(snapshot, request);
    return { ...mail, from, to, frameUrl: ctx.urls.preview(claim), error: null };
  } catch (error) {
    if (!(error instanceof TemplateErrors)) throw error;
    return {
      subject: '',
      preheader: '',
      html: '',
      text: '',
      from,
      to: '',
      frameUrl: '',
      error: error.problems[0]!,
    };
  }
}

/**
 * Renders a draft for looking at: links open in a new window, the personal ones do nothing.
 * @throws TemplateErrors also for what fails only while rendering
 */
export function renderPreview(
  snapshot: CampaignSnapshot,
  request: PreviewRequest,
): { mail: Omit<RenderedMail, 'filled'>; to: string } {
  const compiled = compileCampaign(snapshot, new Map());
  const content = contentFor(
    snapshot,
    request.variant ?? 'a',
    request.language ?? request.subscriber?.language ?? null,
  );
  const person = request.subscriber ?? samplePerson(content.language, request.declared);
  const name = [person.firstName, person.lastName].filter(Boolean).join(' ');
  try {
    const mail = compiled.render(content, person, SAMPLE_LINKS);
    const to = name ? `${name} <${person.email}>` : person.email;
    const { subject, preheader, text } = mail;
    return { mail: { subject, preheader, html: neutralise(mail.html), text }, to };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new TemplateErrors([
      { where: 'body', language: content.language, message, line: null, column: null },
    ]);
  }
}

/** Takes the target from personal links and lets the others open beside the preview. */
export function neutralise(html: string): string {
  const inert = new Set([SAMPLE_LINKS.unsubscribe, SAMPLE_LINKS.preferences, SAMPLE_LINKS.view]);
  const edits: Edit[] = [];
  scanHtml(html, {
    open(element) {
      if (!['a', 'area', 'form', 'base'].includes(element.name)) return;
      for (const attribute of element.attributes) {
        const text =
          attribute.name === 'target' ||
          attribute.name === 'action' ||
          (element.name === 'base' && attribute.name === 'href')
            ? ''
            : attribute.name !== 'href'
              ? null
              : inert.has(attribute.value)
                ? 'aria-disabled="true"'
                : `href="${escapeHtml(attribute.value)}" target="_blank" rel="noopener noreferrer"`;
        if (text !== null) edits.push({ start: attribute.start, end: attribute.end, text });
      }
    },
  });
  return applyEdits(html, edits);
}
