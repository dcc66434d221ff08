import { ruleMappingSchema, type RuleFieldKind, type RuleMapping } from '../../../../shared/contracts';
import type { EntryType } from './entries';

const PREHEADERS = /^(summary|excerpt|teaser|lead|intro|subtitle|description|abstract)$/i;
const WRITTEN: readonly RuleFieldKind[] = ['blocks', 'html', 'markdown'];

/** A first mapping for a content type: its title, what looks like a summary, and its written fields as the body. */
export function suggestMapping(type: Pick<EntryType, 'fields' | 'titleField'>): RuleMapping {
  const own = type.fields.filter((field) => !field.path.includes('.'));
  const summary = own.find(
    (field) => field.kind === 'text' && field.path !== type.titleField && PREHEADERS.test(field.path),
  );
  const written = own.filter((field) => WRITTEN.includes(field.kind));
  const body = written.length > 0 ? written : summary ? [summary] : [];
  return ruleMappingSchema.parse({
    subject: type.titleField === null ? '{{entry.documentId}}' : `{{entry.${type.titleField}}}`,
    preheader: summary ? `{{entry.${summary.path}}}` : '',
    body: body.map((field) => ({ field: field.path })),
  });
}
