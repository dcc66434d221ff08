import { z } from 'zod';
import {
  ATTRIBUTE_TYPES,
  coerceAttribute,
  type AttributeType,
  type AttributeValue,
} from '../attribute-values';

export { ATTRIBUTE_TYPES, coerceAttribute, type AttributeType, type AttributeValue };

/** What editors declare of a person's further values, in Settings; used by forms, imports, segments and templates. */
export const attributeDeclarationSchema = z.strictObject({
  /** Key in the person's attributes, and name in templates. */
  name: z.string().regex(/^[a-z][a-z0-9_]{0,39}$/i, 'may hold a–z, 0–9 and _, and begins with a letter'),
  /** What people read. */
  label: z.string().trim().min(1).max(100),
  type: z.enum(ATTRIBUTE_TYPES),
  /** Whether sign-up forms and the preference page may set it. */
  public: z.boolean().default(false),
});
export type AttributeDeclaration = z.output<typeof attributeDeclarationSchema>;
export type AttributeDeclarationInput = z.input<typeof attributeDeclarationSchema>;
