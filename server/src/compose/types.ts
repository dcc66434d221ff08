import type {
  CampaignContent,
  CampaignPriority,
  ResolvedAudience,
  Sender,
  Settings,
  Timing,
} from '../../../shared/contracts';

/** What is sent, as it was when the campaign was scheduled. Stored as JSON in `newsletter_runs.snapshot`. */
export interface CampaignSnapshot {
  campaignId: string;
  name: string;
  version: number;
  sender: Sender;
  contents: CampaignContent[];
  defaultLanguage: string;
  templateHtml: string | null;
  brand: Settings['brand'];
  tracking: { opens: boolean; clicks: boolean };
  /** With the rules of its segments as they were then. */
  audience: ResolvedAudience;
  /** The first included list: List-Id and the wording of the footer name it. */
  list: { name: string; slug: string };
  pacePerHour: number | null;
  /** Absent in snapshots of earlier versions: `normal`. */
  priority?: CampaignPriority;
  publicUrl: string;
  /** Local times, send window and waves; absent: everybody is due at the start. */
  timing?: RunTiming;
}

/** The timing of a campaign with what scheduling chose. */
export interface RunTiming extends Timing {
  /** The campaign's IANA zone: for recipients without one, and for everybody without local times. */
  timezone: string;
  /** The wall-clock time that was chosen (`2026-12-01T09:00`); null: now. */
  wallTime: string | null;
}

/** The person a mail is rendered for. */
export interface RenderPerson {
  email: string;
  firstName: string | null;
  lastName: string | null;
  language: string | null;
  attributes: Record<string, unknown>;
}

/** Links of one mail; null leaves the thing out (no pixel, untracked links). */
export interface RenderLinks {
  unsubscribe: string;
  preferences: string;
  view: string;
  openPixel: string | null;
  click: ((linkId: number) => string) | null;
}

/**
 * A text as `fixed[0] + values[0] + fixed[1] + …`: `fixed` has one more. Recipients of the same shape share the very same
 * `fixed` array, so that what is made of it can be kept.
 */
export interface FilledText {
  fixed: readonly string[];
  values: readonly string[];
}

export interface RenderedMail {
  subject: string;
  preheader: string;
  html: string;
  text: string;
  /** The same as `html` and `text`, for who sends many. */
  filled: { html: FilledText; text: FilledText };
}

/** A campaign parsed once; `render` is called per recipient and does no I/O. */
export interface CompiledCampaign {
  /** The content row a person gets: exact language, then its base language, then the campaign's default. */
  contentFor(variant: string, language: string | null): CampaignContent;
  render(content: CampaignContent, person: RenderPerson, links: RenderLinks): RenderedMail;
}
