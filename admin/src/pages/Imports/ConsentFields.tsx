import { Box, Checkbox, Field, Flex, Radio, TextInput, Typography } from '@strapi/design-system';
import type { ImportStart } from '../../../../shared/contracts';
import { IMPORT_LIMITS } from '../../../../shared/import-limits';
import { useGetAllListsQuery } from '../../api/campaigns';
import { useText } from '../../components/useText';
import { useCan } from '../../permissions';
import { ListsField } from '../Subscribers/SubscriberFields';

/** What is on the screen: the statement must be ticked before it becomes a consent. */
export interface Consent {
  kind: 'agreed' | 'confirm';
  source: string;
  isStated: boolean;
}

export const toConsent = ({ kind, source }: Consent): ImportStart['consent'] =>
  kind === 'agreed' ? { kind, source: source.trim() } : { kind };

/** What is missing before the import can start, as a text key. */
export function consentProblem(
  consent: Consent,
  hasLists: boolean,
): 'imports.error.no-source' | 'imports.error.not-stated' | 'imports.error.no-list' | null {
  if (consent.kind === 'confirm') return hasLists ? null : 'imports.error.no-list';
  if (consent.source.trim() === '') return 'imports.error.no-source';
  return consent.isStated ? null : 'imports.error.not-stated';
}

interface Props {
  consent: Consent;
  onConsent: (consent: Consent) => void;
  lists: string[];
  onLists: (lists: string[]) => void;
}

/** Where people agreed, and what they are put on. */
export function ConsentFields({ consent, onConsent, lists, onLists }: Props) {
  const t = useText();
  const { can } = useCan();
  const { data: all } = useGetAllListsQuery(undefined, { skip: !can.listsRead });
  return (
    <Flex direction="column" alignItems="stretch" gap={5}>
      {can.listsRead && <ListsField lists={all ?? []} value={lists} onChange={onLists} />}
      <Flex direction="column" alignItems="stretch" gap={2}>
        <Typography id="import-consent" variant="pi" fontWeight="bold" textColor="neutral800">
          {t('imports.consent.kind')}
        </Typography>
        <Radio.Group
          aria-labelledby="import-consent"
          value={consent.kind}
          onValueChange={(kind) => onConsent({ ...consent, kind: kind as Consent['kind'] })}
        >
          {(['agreed', 'confirm'] as const).map((kind) => (
            <Radio.Item key={kind} value={kind}>
              <Flex tag="span" direction="column" alignItems="flex-start">
                <Typography>{t(`imports.consent.${kind}`)}</Typography>
                <Typography variant="pi" textColor="neutral600">
                  {t(`imports.consent.${kind}.hint`)}
                </Typography>
              </Flex>
            </Radio.Item>
          ))}
        </Radio.Group>
      </Flex>
      {consent.kind === 'agreed' && (
        <Box padding={4} background="neutral100" hasRadius>
          <Flex direction="column" alignItems="stretch" gap={4}>
            <Field.Root name="consent-source" required hint={t('imports.consent.source.hint')}>
              <Field.Label>{t('imports.consent.source')}</Field.Label>
              <TextInput
                value={consent.source}
                maxLength={IMPORT_LIMITS.consentSource}
                placeholder={t('imports.consent.source.placeholder')}
                onChange={(event) => onConsent({ ...consent, source: event.target.value })}
              />
              <Field.Hint />
            </Field.Root>
            <Checkbox
              checked={consent.isStated}
              onCheckedChange={(state) => onConsent({ ...consent, isStated: state === true })}
            >
              {t('imports.consent.statement')}
            </Checkbox>
          </Flex>
        </Box>
      )}
    </Flex>
  );
}
