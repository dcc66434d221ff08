export { checkTemplates } from './check';
export { compileCampaign, contentFor } from './compile';
export { DEFAULT_TEMPLATE_HTML } from './default-template';
export { TemplateErrors, describeProblem } from './errors';
export { extractLinks } from './links';
export { preflight, type PreflightContext, type PreflightDraft } from './preflight';
export { buildPreview, renderPreview, type PreviewRequest } from './preview';
export { SAMPLE_LINKS, samplePerson } from './sample';
export type {
  CampaignSnapshot,
  CompiledCampaign,
  RenderedMail,
  RenderLinks,
  RenderPerson,
  RunTiming,
} from './types';
