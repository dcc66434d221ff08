import { en } from '../translations';
import { PLUGIN_ID } from '../pluginId';
import { NewsletterCell } from './NewsletterCell';
import { openList } from './ruleTypes';

interface ListView {
  displayedHeaders: object[];
  layout: unknown;
}

/**
 * Adds the column "Newsletter" to lists of Content Manager, for content types with rules. The hook is told the layout
 * but not the content type: the address names it.
 */
export function addNewsletterColumn(hasRules: (uid: string) => boolean) {
  return <T extends ListView>({ displayedHeaders, layout }: T) => {
    if (!hasRules(openList())) return { displayedHeaders, layout };
    const column = {
      attribute: { type: 'string' },
      name: 'newsletter_state',
      label: { id: `${PLUGIN_ID}.rules.list-column`, defaultMessage: en['rules.list-column'] },
      searchable: false,
      sortable: false,
      cellFormatter: (row: { documentId: string }, _header: unknown, { model }: { model: string }) => (
        <NewsletterCell documentId={row.documentId} model={model} />
      ),
    };
    return { displayedHeaders: [...displayedHeaders, column], layout };
  };
}
