import { Mail } from '@strapi/icons';
import type {
  DocumentActionComponent,
  DocumentActionDescription,
} from '@strapi/content-manager/strapi-admin';
import { useForm, useQueryParams } from '@strapi/strapi/admin';
import { useText } from '../components/useText';
import { useCan } from '../permissions';
import { SendAsNewsletter } from './SendAsNewsletter';

const POSITIONS: Extract<DocumentActionDescription['position'], readonly unknown[]> = ['header', 'table-row'];

/**
 * "Send as newsletter" in the menus of an entry: makes a draft of it and opens the draft. Hidden from those who may
 * not make campaigns, and for content types of plugins.
 */
export const SendAction: DocumentActionComponent = ({ model, documentId, document, collectionType }) => {
  const t = useText();
  const { can } = useCan();
  const [{ query }] = useQueryParams<{ plugins?: { i18n?: { locale?: string } } }>();
  // Rows of a list have no form around them.
  const form = useForm('SendAsNewsletter', ({ modified }) => modified, false);
  if (!can.campaignsEdit || !can.rulesRead || !model.startsWith('api::')) return null;
  if (collectionType !== 'collection-types' || !documentId || documentId === 'create' || !document)
    return null;
  return {
    label: t('rules.send-as'),
    icon: <Mail />,
    position: POSITIONS,
    dialog: {
      type: 'modal',
      title: t('rules.send-as'),
      content: (
        <SendAsNewsletter
          model={model}
          documentId={documentId}
          locale={query.plugins?.i18n?.locale ?? (document.locale as string | null | undefined) ?? undefined}
          status={String(document.status ?? 'published')}
          hasUnsavedChanges={form === true}
        />
      ),
    },
  };
};
// Without it, Content Manager would also run the action where it is not shown.
SendAction.position = POSITIONS;
