import { Box, Checkbox, Field, Flex, Loader, Table, Tbody, Td, Tr, Typography } from '@strapi/design-system';
import type {
  ColumnTarget,
  FileStatus,
  ImportAddresses,
  ImportLeftOut,
  ImportNotes,
} from '../../../../shared/contracts';
import { useLookAtAddressesQuery } from '../../api/imports';
import { ErrorState } from '../../components/ErrorState';
import { Notice } from '../../components/Notice';
import { Panel } from '../../components/Panel';
import { TableHead } from '../../components/TableHead';
import { useFormat } from '../../components/useFormat';
import { useText } from '../../components/useText';
import { detailText } from '../Deliverability/hygiene/detail';
import { LEFT_OUT, mappingProblem } from './words';

interface Props {
  id: string;
  columns: readonly ColumnTarget[];
  status: FileStatus;
  dns: boolean;
  onDns: (dns: boolean) => void;
  leaveOut: readonly ImportLeftOut[];
  onLeaveOut: (kinds: ImportLeftOut[]) => void;
}

/** What is wrong with addresses of the file, before anything is imported, and whom to leave out for it. */
export function AddressesPanel({ id, columns, status, dns, onDns, leaveOut, onLeaveOut }: Props) {
  const t = useText();
  const isMapped = mappingProblem(columns) === null;
  // Only these two say who gets mail at which address: to map a name does not read the file again.
  const relevant = columns.map((target) =>
    target.to === 'email' || target.to === 'status' ? target : ({ to: 'ignore' } as const),
  );
  const { currentData, error, isFetching, refetch } = useLookAtAddressesQuery(
    { id, data: { columns: relevant, status, dns } },
    { skip: !isMapped },
  );
  return (
    <Panel title={t('imports.notes.title')}>
      <Flex direction="column" alignItems="stretch" gap={4}>
        <Typography tag="p" textColor="neutral600">
          {t('imports.addresses.text')}
        </Typography>
        <Field.Root name="dns" hint={t('imports.notes.dns.hint')}>
          <Checkbox checked={dns} onCheckedChange={(checked: boolean) => onDns(checked)}>
            {t('imports.notes.dns')}
          </Checkbox>
          <Field.Hint />
        </Field.Root>
        <Box aria-live="polite">
          {!isMapped ? (
            <Typography textColor="neutral600">{t('imports.error.no-email')}</Typography>
          ) : isFetching ? (
            <Loader small>{t('imports.addresses.looking')}</Loader>
          ) : error !== undefined ? (
            <ErrorState error={error} onRetry={() => void refetch()} />
          ) : (
            currentData && <Found found={currentData} dns={dns} leaveOut={leaveOut} onLeaveOut={onLeaveOut} />
          )}
        </Box>
      </Flex>
    </Panel>
  );
}

type FoundProps = Pick<Props, 'dns' | 'leaveOut' | 'onLeaveOut'> & { found: ImportAddresses };

function Found({ found, dns, leaveOut, onLeaveOut }: FoundProps) {
  const t = useText();
  const { addresses, isWhole, domains } = found;
  const rows = rowsOf(found, dns);
  const heads = (['what', 'examples', 'leave-out'] as const).map((name) => t(`imports.addresses.${name}`));
  return (
    <Flex direction="column" alignItems="stretch" gap={4}>
      {!isWhole && (
        <Notice title={t('imports.addresses.part.title')}>
          {t('imports.addresses.part.text', { count: addresses })}
        </Notice>
      )}
      {domains !== null && domains.unasked + domains.unknown > 0 && (
        <Notice title={t('imports.addresses.dns.title')}>
          {t('imports.addresses.dns.text', {
            all: domains.all,
            open: domains.unasked + domains.unknown,
          })}
        </Notice>
      )}
      <Typography tag="p">
        {found.kinds.length === 0
          ? t('imports.addresses.nothing', { count: addresses })
          : t('imports.addresses.count', { count: addresses })}
      </Typography>
      {rows.length > 0 && (
        <Table colCount={heads.length} rowCount={rows.length + 1}>
          <TableHead columns={heads} />
          <Tbody>
            {rows.map((row) => (
              <KindRow key={row.kind} row={row} leaveOut={leaveOut} onLeaveOut={onLeaveOut} />
            ))}
          </Tbody>
        </Table>
      )}
    </Flex>
  );
}

type Kind = ImportAddresses['kinds'][number];

/** What was found; behind a part of the file, also what may come later. */
function rowsOf({ kinds, isWhole }: ImportAddresses, dns: boolean): Kind[] {
  const found = new Set<keyof ImportNotes>(kinds.map(({ kind }) => kind));
  const possible = isWhole ? [] : LEFT_OUT.filter((kind) => !found.has(kind) && (dns || kind !== 'no-mx'));
  return [...kinds, ...possible.map((kind): Kind => ({ kind, count: 0, samples: [] }))];
}

const canLeaveOut = (kind: keyof ImportNotes): kind is ImportLeftOut => kind !== 'dns-unknown';

function KindRow({
  row: { kind, count, samples },
  leaveOut,
  onLeaveOut,
}: { row: Kind } & Pick<Props, 'leaveOut' | 'onLeaveOut'>) {
  const t = useText();
  const format = useFormat();
  const name = t(`hygiene.kind.${kind}`);
  return (
    <Tr>
      <Td>
        <Box paddingTop={2} paddingBottom={2} maxWidth="32rem">
          <Typography tag="p" fontWeight="semiBold" style={{ whiteSpace: 'normal' }}>
            {`${name}: ${format.number(count)}`}
          </Typography>
          <Typography tag="p" variant="pi" textColor="neutral600" style={{ whiteSpace: 'normal' }}>
            {t(`imports.addresses.kind.${kind}`)}
          </Typography>
        </Box>
      </Td>
      <Td>
        {samples.map(({ line, email, detail }) => (
          <Typography
            key={line}
            tag="p"
            variant="pi"
            style={{ overflowWrap: 'anywhere', whiteSpace: 'normal' }}
          >
            {detail === null ? email : `${email} – ${detailText(t, { kind, detail })}`}
          </Typography>
        ))}
      </Td>
      <Td>
        {canLeaveOut(kind) && (
          <Checkbox
            aria-label={t('imports.addresses.leave-out.of', { name })}
            checked={leaveOut.includes(kind)}
            onCheckedChange={(checked: boolean) =>
              onLeaveOut(LEFT_OUT.filter((one) => (one === kind ? checked : leaveOut.includes(one))))
            }
          />
        )}
      </Td>
    </Tr>
  );
}
