export { checkTemplates } from './check';
export { compileCampaign, contentFor } from './compile';
export {
  entryToHtml,
  entryToText,
  inertSource,
  type BlockNode,
  type BlockRenderer,
  type BlockRenderers,
  type ContentKind,
  type ContentOptions,
} from './content';
export { DEFAULT_TEMPLATE_HTML } from './default-template';
export { TemplateErrors, describeProblem } from './errors';
export { escapeHtml } from './escape';
export { extractLinks } from './links';
export { preflight, type PreflightContext, type PreflightDraft } from './preflight';
export { buildPreview, renderPreview, type PreviewRequest } from './preview';
export { SAMPLE_LINKS, samplePerson } from './sample';
export type {
  CampaignSnapshot,
  CompiledCampaign,
  FilledText,
  RenderedMail,
  RenderLinks,
  RenderPerson,
  RunTiming,
} from './types';
