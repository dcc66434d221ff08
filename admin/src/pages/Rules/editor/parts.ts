import type { RuleContentTypes, RuleFields } from '../../../../../shared/contracts';

export type RuleContentType = RuleContentTypes['contentTypes'][number];

/** What each part of the form gets. */
export interface PartProps {
  values: RuleFields;
  change: (patch: Partial<RuleFields>) => void;
  editable: boolean;
  /** Show what is missing. */
  tried: boolean;
  types: RuleContentTypes;
  /** The chosen content type, or null. */
  type: RuleContentType | null;
}
