import { IconButton, Table, Tbody, Td, Tr, Typography } from '@strapi/design-system';
import { Trash } from '@strapi/icons';
import type { HygieneRunDto } from '../../../../../shared/contracts';
import { RelativeTime } from '../../../components/RelativeTime';
import { ReadableBadge } from '../../../components/ReadableBadge';
import { TableHead } from '../../../components/TableHead';
import { TextLink } from '../../../components/TextLink';
import { useFormat } from '../../../components/useFormat';
import { useText } from '../../../components/useText';
import { BASE_PATH } from '../../../pluginId';
import { CHECK_KINDS, isBusy, STATE_TONES, SUNSET_KINDS } from './words';

export function ChecksTable({
  checks,
  onDelete,
}: {
  checks: HygieneRunDto[];
  onDelete?: (check: HygieneRunDto) => void;
}) {
  const t = useText();
  const heads = (['scope', 'state', 'result', 'when'] as const).map((name) => t(`hygiene.column.${name}`));
  return (
    <Table colCount={heads.length + (onDelete ? 1 : 0)} rowCount={checks.length + 1}>
      <TableHead columns={heads} hasActions={onDelete !== undefined} />
      <Tbody>
        {checks.map((check) => (
          <CheckRow key={check.id} check={check} onDelete={onDelete} />
        ))}
      </Tbody>
    </Table>
  );
}

function CheckRow({
  check,
  onDelete,
}: {
  check: HygieneRunDto;
  onDelete: ((check: HygieneRunDto) => void) | undefined;
}) {
  const t = useText();
  const name = useScopeName()(check);
  return (
    <Tr>
      <Td>
        <Typography tag="p" style={{ overflowWrap: 'anywhere', whiteSpace: 'normal' }}>
          <TextLink to={`${BASE_PATH}/deliverability/hygiene/${check.id}`}>{name}</TextLink>
        </Typography>
        <Typography tag="p" variant="pi" textColor="neutral600">
          {check.createdBy ?? t('hygiene.by-itself')}
        </Typography>
      </Td>
      <Td>
        <ReadableBadge variant={STATE_TONES[check.state]}>{t(`hygiene.state.${check.state}`)}</ReadableBadge>
      </Td>
      <Td>
        <Result check={check} />
      </Td>
      <Td>
        <Typography variant="pi">
          <RelativeTime iso={check.endedAt ?? check.createdAt} />
        </Typography>
      </Td>
      {onDelete && (
        <Td>
          {!isBusy(check.state) && (
            <IconButton label={t('hygiene.delete', { name })} onClick={() => onDelete(check)}>
              <Trash />
            </IconButton>
          )}
        </Td>
      )}
    </Tr>
  );
}

function Result({ check }: { check: HygieneRunDto }) {
  const t = useText();
  const format = useFormat();
  const kinds = check.scope.kind === 'sunset' ? SUNSET_KINDS : CHECK_KINDS;
  const found = kinds.filter((kind) => check.counts[kind].found > 0);
  const text = isBusy(check.state)
    ? t('hygiene.result.busy', { percent: format.percent(check.progress, 1), count: check.people })
    : found.length === 0
      ? check.scope.kind === 'sunset'
        ? t('hygiene.result.nobody')
        : t('hygiene.result.nothing', { count: check.people })
      : found
          .map((kind) => `${t(`hygiene.kind.${kind}`)}: ${format.number(check.counts[kind].found)}`)
          .join(' · ');
  return (
    <Typography variant="pi" style={{ whiteSpace: 'normal' }}>
      {text}
    </Typography>
  );
}

/** "Everybody", "List Garden letter", … */
export function useScopeName(): (check: HygieneRunDto) => string {
  const t = useText();
  return ({ scope }) => t(`hygiene.scope.${scope.kind}`, { name: scope.name ?? '' });
}
