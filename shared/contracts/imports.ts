import { z } from 'zod';
import { IMPORT_LIMITS } from '../import-limits';
import { attributeDeclarationSchema, type AttributeDeclaration } from './attributes';
import { documentIdSchema, pageQuerySchema } from './common';

/** `mapping`: uploaded, waits for its columns to be mapped. The last three are final. */
export const IMPORT_STATES = ['mapping', 'running', 'done', 'failed', 'cancelled'] as const;
export type ImportState = (typeof IMPORT_STATES)[number];

export const IMPORT_ENCODINGS = [
  'utf-8',
  'utf-16le',
  'utf-16be',
  'shift_jis',
  'euc-jp',
  'windows-1252',
] as const;
export type ImportEncoding = (typeof IMPORT_ENCODINGS)[number];

export const IMPORT_DELIMITERS = [',', ';', '\t'] as const;
export type ImportDelimiter = (typeof IMPORT_DELIMITERS)[number];

/** Products whose exports are recognised by their header row; `newsletter` is our own. */
export const IMPORT_PRODUCTS = ['mailchimp', 'mailpoet', 'ghost', 'listmonk', 'newsletter'] as const;
export type ImportProduct = (typeof IMPORT_PRODUCTS)[number];

/** A status that a file gives a person. `pending` is imported without a subscription and without a mail. */
export const FILE_STATUSES = ['subscribed', 'pending', 'unsubscribed', 'bounced', 'complained'] as const;
export type FileStatus = (typeof FILE_STATUSES)[number];

/**
 * What a column of the file becomes. `status`: words such as unsubscribed, cleaned, blocklisted. `lists`: slugs or
 * names of lists, separated by commas or semicolons. `attributesJson`: a JSON object of attributes. `newAttribute` declares
 * the attribute when the import starts (needs the right to edit settings).
 */
export const columnTargetSchema = z.discriminatedUnion('to', [
  z.strictObject({
    to: z.enum([
      'ignore',
      'email',
      'firstName',
      'lastName',
      'fullName',
      'language',
      'timezone',
      'status',
      'lists',
      'attributesJson',
    ]),
  }),
  z.strictObject({ to: z.literal('attribute'), name: z.string().max(40) }),
  z.strictObject({ to: z.literal('newAttribute'), declaration: attributeDeclarationSchema }),
]);
export type ColumnTarget = z.output<typeof columnTargetSchema>;

/** PUT /newsletter/imports/:id: reads the file again in another way. Only while `mapping`; not for .xlsx, but for `header`. */
export const importReadingSchema = z.strictObject({
  encoding: z.enum(IMPORT_ENCODINGS).optional(),
  delimiter: z.enum(IMPORT_DELIMITERS).optional(),
  /** Whether the first row names the columns. */
  header: z.boolean().optional(),
});
export type ImportReading = z.input<typeof importReadingSchema>;

/** What can be said about an address; the first five can be left out. Nothing is known of a domain that DNS did not answer for. */
export const IMPORT_NOTES = ['no-mx', 'syntax', 'typo', 'disposable', 'role', 'dns-unknown'] as const;
export const IMPORT_LEFT_OUT = ['no-mx', 'syntax', 'typo', 'disposable', 'role'] as const;
export type ImportLeftOut = (typeof IMPORT_LEFT_OUT)[number];

/** POST /newsletter/imports/:id/start */
export const importStartSchema = z.strictObject({
  /** One per column of the file, in its order; exactly one is `email`. */
  columns: z.array(columnTargetSchema).min(1).max(IMPORT_LIMITS.columns),
  /** What rows are without a status column, or where its cell is empty. */
  status: z.enum(FILE_STATUSES).default('subscribed'),
  /**
   * People who are known already: `update` takes the non-empty values of the file and adds the lists, `skip` leaves
   * them as they are. Who left in the file leaves here too, whatever this says.
   */
  existing: z.enum(['update', 'skip']).default('update'),
  /** documentIds of lists that everybody is put on. */
  lists: z.array(documentIdSchema).max(200).default([]),
  /**
   * `agreed`: the editor states where these people agreed; they are subscribed at once and the text goes into each
   * proof of consent. `confirm`: they are imported as pending and get a mail with a link to confirm.
   */
  consent: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('agreed'),
      source: z.string().trim().min(1).max(IMPORT_LIMITS.consentSource),
    }),
    z.strictObject({ kind: z.literal('confirm') }),
  ]),
  /** Whether the report also says which domains take no mail: each is looked up in DNS once. `no-mx` in `leaveOut` implies it. */
  dns: z.boolean().default(false),
  /** Rows of which one of these is said are not imported: nobody is made, and who is here already stays as they are. */
  leaveOut: z.array(z.enum(IMPORT_LEFT_OUT)).max(IMPORT_LEFT_OUT.length).default([]),
});
export type ImportStart = z.input<typeof importStartSchema>;
export type ImportOptions = z.output<typeof importStartSchema>;

/** POST /newsletter/imports/:id/addresses: looks at the file before anything is imported. Only while `mapping`. */
export const importAddressesSchema = importStartSchema.pick({ columns: true, status: true, dns: true });
export type ImportAddressesQuery = z.input<typeof importAddressesSchema>;

/** What the import would say about addresses of people who are to get mail. Each address counts once. */
export interface ImportAddresses {
  addresses: number;
  /** false: it ends after 200,000 rows or eight seconds; the import itself looks at all. */
  isWhole: boolean;
  /** Kinds that were found, in the order of `IMPORT_NOTES`, each with up to five addresses; `detail` as in a list check. */
  kinds: {
    kind: keyof ImportNotes;
    count: number;
    samples: { line: number; email: string; detail: string | null }[];
  }[];
  /** Domains of the file; those that DNS did not answer for; those that there was no time to ask for. null: DNS was not asked. */
  domains: { all: number; unknown: number; unasked: number } | null;
}

/** Every row of the file is in exactly one of them; `rows` is their sum. */
export interface ImportCounts {
  rows: number;
  created: number;
  updated: number;
  /** Known, and nothing new in the file (or `skip`). */
  unchanged: number;
  /** The same address was in an earlier row. */
  duplicates: number;
  /** Kept out: left, bounced, complained or suppressed here before. */
  suppressed: number;
  /** The file itself says that they left, bounced or complained: recorded as such. */
  left: number;
  /** Not imported because of what is said about the address (`leaveOut`). */
  leftOut: number;
  /** Not imported: see the report. */
  invalid: number;
}

/** People of the file by what is said about their addresses. */
export type ImportNotes = Record<(typeof IMPORT_NOTES)[number], number>;

/** Answer of POST /newsletter/imports (multipart, field `file`), GET and PUT /newsletter/imports/:id, start and cancel. */
export interface ImportDto {
  id: string;
  state: ImportState;
  fileName: string;
  format: 'csv' | 'xlsx';
  product: ImportProduct | null;
  createdBy: string | null;
  createdAt: string;
  startedAt: string | null;
  endedAt: string | null;
  counts: ImportCounts;
  /** Cells that were left out of a row that was imported, because their value does not fit. */
  valueProblems: number;
  /** Of those who were imported. */
  notes: ImportNotes;
  /** Of those who were left out, each by the first thing that is said. */
  leftOut: ImportNotes;
  /** 0..1 of the file's bytes. */
  progress: number;
  /** Why it failed, as a sentence. */
  error: string | null;
  options: ImportOptions | null;
}

/** While the state is `mapping`: how the file is read, and what it looks like then. */
export interface ImportPreview {
  encoding: ImportEncoding | null;
  delimiter: ImportDelimiter | null;
  header: boolean;
  columns: string[];
  /** At most 20 rows, each with a cell per column. */
  rows: string[][];
  suggestion: { columns: ColumnTarget[]; status: FileStatus };
  /** Declared attributes that a column can become. */
  attributes: AttributeDeclaration[];
}
/** GET, PUT /newsletter/imports/:id and POST /newsletter/imports */
export type ImportDetail = ImportDto & { preview: ImportPreview | null };

/** GET /newsletter/imports, newest first */
export const importQuerySchema = pageQuerySchema;

/** GET /newsletter/imports/:id/errors and …/errors.csv: `language` of the sentences. */
export const importProblemsQuerySchema = pageQuerySchema.extend({
  language: z.enum(['en', 'ja']).default('en'),
});

/** One line of the report. `line` counts lines of the text file, or rows of the sheet, from 1. */
export interface ImportProblem {
  line: number;
  column: string | null;
  value: string | null;
  code: string;
  sentence: string;
}
