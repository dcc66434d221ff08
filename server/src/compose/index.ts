export { compileCampaign, contentFor } from './compile';
export { TemplateErrors, describeProblem } from './errors';
export { extractLinks } from './links';
export type { CampaignSnapshot, CompiledCampaign, RenderedMail, RenderLinks, RenderPerson } from './types';
