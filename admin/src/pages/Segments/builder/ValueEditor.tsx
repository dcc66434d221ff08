import {
  Flex,
  MultiSelect,
  MultiSelectOption,
  SingleSelect,
  SingleSelectOption,
  Textarea,
  TextInput,
  Typography,
} from '@strapi/design-system';
import { styled } from 'styled-components';
import type { ValueEditorProps } from 'react-querybuilder';
import type { SegmentFields } from '../../../../../shared/contracts';
import { useGetSegmentLinksQuery } from '../../../api/segments';
import { useText, type Text } from '../../../components/useText';
import { STATUSES } from '../../Subscribers/words';
import { kindOf, takesDays, takesNoValue } from './fields';
import { fromQueryRule, type ActivityValue } from './tree';

/** What react-querybuilder hands through to every control. */
export interface BuilderContext {
  known: SegmentFields;
  /** Say which values are missing: after somebody tried to save. */
  showMissing: boolean;
}

interface EditorProps {
  label: string;
  value: unknown;
  disabled: boolean;
  missing: boolean;
  onChange: (value: unknown) => void;
}

/** The value of a rule, entered as its field and operator ask for. */
export function ValueEditor({
  field,
  operator,
  value,
  handleOnChange,
  title,
  disabled,
  context,
}: ValueEditorProps) {
  const t = useText();
  const { known, showMissing } = context as BuilderContext;
  if (takesNoValue(operator)) return null;
  const missing = showMissing && fromQueryRule({ field, operator, value }) === null;
  const props: EditorProps = {
    label: title ?? t('segments.value'),
    value,
    disabled: disabled ?? false,
    missing,
    onChange: handleOnChange,
  };
  const kind = kindOf(field);
  return (
    <Flex direction="column" alignItems="stretch" gap={1} className="value-editor">
      {kind === 'status' ? (
        <StatusEditor {...props} />
      ) : kind === 'list' ? (
        <ListEditor {...props} lists={known.lists} />
      ) : kind === 'activity' ? (
        <ActivityEditor {...props} clicked={field === 'clicked'} campaigns={known.campaigns} />
      ) : operator === 'between' ? (
        <PairEditor {...props} type={kind === 'date' ? 'date' : 'text'} />
      ) : operator === 'oneOf' || operator === 'noneOf' ? (
        <Textarea
          aria-label={`${props.label} (${t('segments.value.lines')})`}
          placeholder={t('segments.value.lines')}
          value={asText(value)}
          disabled={props.disabled}
          hasError={missing}
          onChange={(event) => handleOnChange(event.target.value)}
        />
      ) : (
        <OneEditor {...props} kind={kind} operator={operator} />
      )}
      {missing && (
        <Typography variant="pi" textColor="danger600">
          {t('segments.value.missing')}
        </Typography>
      )}
    </Flex>
  );
}

const asText = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';

function OneEditor({
  label,
  value,
  disabled,
  missing,
  onChange,
  kind,
  operator,
}: EditorProps & Record<'kind' | 'operator', string>) {
  const t = useText();
  const days = kind === 'date' && takesDays(operator);
  return (
    <Flex gap={2} alignItems="center">
      <TextInput
        size="S"
        aria-label={days ? `${label} (${t('segments.value.days')})` : label}
        type={kind === 'date' && !days ? 'date' : 'text'}
        inputMode={days ? 'numeric' : kind === 'number' ? 'decimal' : undefined}
        value={asText(value)}
        disabled={disabled}
        hasError={missing}
        maxLength={200}
        onChange={(event) => onChange(event.target.value)}
      />
      {days && <Typography variant="pi">{t('segments.value.days')}</Typography>}
    </Flex>
  );
}

function PairEditor({
  label,
  value,
  disabled,
  missing,
  onChange,
  type,
}: EditorProps & { type: 'date' | 'text' }) {
  const t = useText();
  const pair = Array.isArray(value) ? value.map(asText) : [];
  const [from = '', to = ''] = pair;
  const input = (which: 'from' | 'to', text: string, change: (text: string) => string[]) => (
    <TextInput
      size="S"
      type={type}
      aria-label={`${label} (${t(`segments.value.${which}`)})`}
      value={text}
      disabled={disabled}
      hasError={missing}
      onChange={(event) => onChange(change(event.target.value))}
    />
  );
  return (
    <Flex gap={2} alignItems="center" wrap="wrap">
      {input('from', from, (next) => [next, to])}
      <Typography variant="pi">{t('segments.value.and')}</Typography>
      {input('to', to, (next) => [from, next])}
    </Flex>
  );
}

function StatusEditor({ label, value, disabled, onChange }: EditorProps) {
  const t = useText();
  const chosen = Array.isArray(value) ? value.map(String) : [];
  const name = (status: string) => t(`subscribers.status.${status as (typeof STATUSES)[number]}`);
  return (
    <MultiSelect
      size="S"
      aria-label={label}
      placeholder={t('segments.value.choose')}
      value={chosen}
      disabled={disabled}
      customizeContent={(ids = []) => ids.map(name).join(', ')}
      onChange={(next: string[]) => onChange(next)}
    >
      {STATUSES.map((status) => (
        <MultiSelectOption key={status} value={status}>
          {name(status)}
        </MultiSelectOption>
      ))}
    </MultiSelect>
  );
}

const ANY = 'any';

function ListEditor({
  label,
  value,
  disabled,
  onChange,
  lists,
}: EditorProps & { lists: SegmentFields['lists'] }) {
  const t = useText();
  return (
    <Choice
      label={label}
      any={t('segments.value.any-list')}
      gone={t('segments.value.gone')}
      value={value}
      entries={lists}
      disabled={disabled}
      onChange={onChange}
    />
  );
}

/** Null stands for any; a text that is no entry for something that was deleted since. */
function Choice({
  label,
  any,
  gone,
  value,
  entries,
  disabled,
  onChange,
}: {
  label: string;
  any: string;
  gone: string;
  value: unknown;
  entries: { documentId: string; name: string }[];
  disabled: boolean;
  onChange: (value: string | null) => void;
}) {
  const current = value === null ? ANY : asText(value);
  const isGone = current !== '' && current !== ANY && !entries.some((entry) => entry.documentId === current);
  return (
    <SingleSelect
      size="S"
      aria-label={label}
      placeholder={any}
      value={current}
      disabled={disabled}
      onChange={(next) => onChange(next === ANY ? null : String(next))}
    >
      <SingleSelectOption value={ANY}>{any}</SingleSelectOption>
      {entries.map((entry) => (
        <SingleSelectOption key={entry.documentId} value={entry.documentId}>
          {entry.name}
        </SingleSelectOption>
      ))}
      {isGone && <SingleSelectOption value={current}>{gone}</SingleSelectOption>}
    </SingleSelect>
  );
}

function ActivityEditor({
  value,
  disabled,
  missing,
  onChange,
  clicked,
  campaigns,
}: EditorProps & { clicked: boolean; campaigns: SegmentFields['campaigns'] }) {
  const t = useText();
  const now: ActivityValue = {
    campaign: null,
    link: null,
    days: '',
    ...(typeof value === 'object' && value !== null ? (value as Partial<ActivityValue>) : {}),
  };
  const set = (patch: Partial<ActivityValue>) => onChange({ ...now, ...patch });
  return (
    <Parts>
      <Choice
        label={t('segments.value.campaign')}
        any={t('segments.value.any-campaign')}
        gone={t('segments.value.gone')}
        value={now.campaign}
        entries={campaigns}
        disabled={disabled}
        onChange={(campaign) => set({ campaign, link: null })}
      />
      {clicked && now.campaign !== null && (
        <LinkChoice
          campaign={now.campaign}
          value={now.link}
          disabled={disabled}
          onChange={(link) => set({ link })}
          t={t}
        />
      )}
      <Flex gap={2} alignItems="center">
        <TextInput
          size="S"
          aria-label={t('segments.value.within')}
          placeholder={t('segments.value.ever')}
          inputMode="numeric"
          value={now.days}
          disabled={disabled}
          hasError={missing}
          maxLength={5}
          onChange={(event) => set({ days: event.target.value })}
        />
        <Typography variant="pi">{t('segments.value.days')}</Typography>
      </Flex>
    </Parts>
  );
}

function LinkChoice({
  campaign,
  value,
  disabled,
  onChange,
  t,
}: {
  campaign: string;
  value: string | null;
  disabled: boolean;
  onChange: (link: string | null) => void;
  t: Text;
}) {
  const { data = [] } = useGetSegmentLinksQuery(campaign);
  return (
    <Choice
      label={t('segments.value.link')}
      any={t('segments.value.any-link')}
      gone={value ?? ''}
      value={value}
      entries={data.map((url) => ({ documentId: url, name: url }))}
      disabled={disabled}
      onChange={onChange}
    />
  );
}

const Parts = styled.div`
  display: grid;
  gap: ${({ theme }) => theme.spaces[2]};
`;
