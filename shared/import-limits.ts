/** What an import takes. Apart from the contract, so that the panel can read it without a validation library. */
export const IMPORT_LIMITS = {
  /** Bytes of an uploaded file: 100 MiB, about a million people. */
  fileBytes: 100 * 1024 * 1024,
  columns: 200,
  /** Characters of one row; a quote that never closes would swallow the rest of the file. */
  rowCharacters: 256 * 1024,
  /** Rows of the preview. */
  previewRows: 20,
  /** Rows whose addresses are looked at before the start. */
  addressRows: 200_000,
  /** Milliseconds that reading them may take, and that DNS may take after that. */
  addressMs: 8_000,
  /** Domains that are looked up then, those with the most people. */
  addressDomains: 5_000,
  /** Addresses that are named of each kind. */
  addressSamples: 5,
  /** Problems that the report lists; all are counted. */
  listedProblems: 10_000,
  /** Characters of the stated consent source: it is written into every proof of consent. */
  consentSource: 64,
} as const;
