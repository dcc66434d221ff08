import { z } from 'zod';
import { emailSchema, headerTextSchema, languageTagSchema } from '../../../../shared/contracts';

/** Fields of a form that were left empty are not there. */
const optional = <S extends z.ZodType>(schema: S) =>
  z.preprocess((value) => (value === '' || value === null ? undefined : value), schema.optional());

const nameSchema = headerTextSchema.trim().max(200);

/** POST /subscribe, as JSON or as a form. Unknown keys are ignored: forms carry names of buttons and the like. */
export const subscribeSchema = z.object({
  email: emailSchema,
  /** Slugs of public lists; a single one may come without an array. The default list when missing. */
  lists: z.preprocess(
    (value) => (value === '' || value === null ? undefined : typeof value === 'string' ? [value] : value),
    z.array(z.string().min(1).max(100)).max(50).optional(),
  ),
  firstName: optional(nameSchema),
  lastName: optional(nameSchema),
  locale: optional(languageTagSchema),
  /** Attributes that are declared public; other names are ignored. In a form: fields `attributes[name]`. */
  attributes: optional(z.record(z.string(), z.unknown())),
  /** The solution of a challenge of GET /captcha, when the settings ask for one. */
  altcha: optional(z.string().max(2000)),
});
