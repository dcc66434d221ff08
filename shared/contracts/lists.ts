import { z } from 'zod';

export const slugSchema = z
  .string()
  .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, 'may hold a–z, 0–9 and single hyphens')
  .max(100);

/** POST /newsletter/lists, PUT /newsletter/lists/:id (all keys optional there). */
export const listInputSchema = z.strictObject({
  name: z.string().trim().min(1).max(200),
  /** Made from the name when missing. */
  slug: slugSchema.optional(),
  description: z.string().max(2000).nullish(),
  /** Shown on the preference page and open to POST /subscribe. */
  public: z.boolean().optional(),
  optIn: z.enum(['double', 'single']).optional(),
  /** Chosen for new campaigns, and by POST /subscribe without lists. At most one list has it. */
  isDefault: z.boolean().optional(),
});
export type ListInput = z.input<typeof listInputSchema>;

export interface ListDto {
  documentId: string;
  name: string;
  slug: string;
  description: string | null;
  public: boolean;
  optIn: 'double' | 'single';
  isDefault: boolean;
  /** People by the status of their subscription to this list. */
  counts: { subscribed: number; pending: number; unsubscribed: number };
  createdAt: string;
  updatedAt: string;
}

/** POST /newsletter/templates, PUT /newsletter/templates/:id (all keys optional there). */
export const templateInputSchema = z.strictObject({
  name: z.string().trim().min(1).max(200),
  /** Handlebars HTML with a `{{{content}}}` slot, at most 1 MiB. */
  html: z.string().min(1).max(1_048_576),
  isDefault: z.boolean().optional(),
});
export type TemplateInput = z.input<typeof templateInputSchema>;

export interface TemplateDto {
  documentId: string;
  name: string;
  html: string;
  isDefault: boolean;
  createdAt: string;
  updatedAt: string;
}
