import { Field, Grid, NumberInput } from '@strapi/design-system';
import { useIntl } from 'react-intl';
import type { Settings } from '../../../../shared/contracts';
import { useText } from '../../components/useText';
import type { TextKey } from '../../translations';

type Thresholds = Settings['thresholds'];
/** `group.name`, or the name of a plain number. */
type Path = (typeof FIELDS)[number]['path'];

/** Ranges as `shared/contracts/deliverability.ts` has them; the server checks again. */
const FIELDS = [
  { path: 'hardBounces.warn', min: 0.01, max: 100 },
  { path: 'hardBounces.pause', min: 0.01, max: 100 },
  { path: 'hardBounces.atLeast', min: 1, max: 1_000_000 },
  { path: 'complaints.warn', min: 0.01, max: 100 },
  { path: 'complaints.pause', min: 0.01, max: 100 },
  { path: 'complaints.atLeast', min: 1, max: 1000 },
  { path: 'refusals.pause', min: 1, max: 100 },
  { path: 'refusals.last', min: 20, max: 10_000 },
  { path: 'refusals.domains', min: 1, max: 100 },
  { path: 'softBounces.campaigns', min: 2, max: 50 },
  { path: 'softBounces.days', min: 0, max: 365 },
  { path: 'filtered.campaigns', min: 2, max: 50 },
  { path: 'filtered.days', min: 0, max: 365 },
  { path: 'floodPerMinute', min: 1, max: 100_000 },
] as const;

/** Percentages may have decimals. */
const isShare = (path: Path) => /\.(?:warn|pause)$/.test(path);

function read(thresholds: Thresholds, path: Path): number {
  const [group, name] = path.split('.') as [keyof Thresholds, string?];
  const value = thresholds[group];
  return typeof value === 'number' ? value : (value as Record<string, number>)[name!]!;
}

function write(thresholds: Thresholds, path: Path, value: number): Thresholds {
  const [group, name] = path.split('.') as [keyof Thresholds, string?];
  const before = thresholds[group];
  return { ...thresholds, [group]: typeof before === 'number' ? value : { ...before, [name!]: value } };
}

/** What is wrong with a number: outside its range, or warning after it pauses; null: nothing. */
function problemOf(thresholds: Thresholds, { path, min, max }: (typeof FIELDS)[number]) {
  const value = read(thresholds, path);
  const fits = value >= min && value <= max && (isShare(path) || Number.isInteger(value));
  if (!fits) return 'range' as const;
  const pause = path.replace(/warn$/, 'pause') as Path;
  return path.endsWith('.warn') && value > read(thresholds, pause) ? ('order' as const) : null;
}

/** Whether all numbers can be saved. */
export const guardsAreValid = (thresholds: Thresholds): boolean =>
  FIELDS.every((field) => problemOf(thresholds, field) === null);

/** When campaigns pause by themselves, and when an address is given up. */
export function GuardFields({
  thresholds,
  mayEdit,
  onChange,
}: {
  thresholds: Thresholds;
  mayEdit: boolean;
  onChange: (thresholds: Thresholds) => void;
}) {
  const t = useText();
  const { locale } = useIntl();
  return (
    <Grid.Root gap={5}>
      {FIELDS.map((field) => {
        const { path, min, max } = field;
        const value = read(thresholds, path);
        const problem = problemOf(thresholds, field);
        return (
          <Grid.Item key={path} col={4} xs={12} direction="column" alignItems="stretch">
            <Field.Root
              name={path}
              hint={t(`settings.guards.${path}.hint` as TextKey)}
              error={problem ? t(`settings.guards.error.${problem}`, { min, max }) : undefined}
            >
              <Field.Label>{t(`settings.guards.${path}` as TextKey)}</Field.Label>
              <NumberInput
                locale={locale}
                step={isShare(path) ? 0.1 : 1}
                value={Number.isNaN(value) ? undefined : value}
                disabled={!mayEdit}
                onValueChange={(next) => onChange(write(thresholds, path, next ?? Number.NaN))}
              />
              <Field.Hint />
              <Field.Error />
            </Field.Root>
          </Grid.Item>
        );
      })}
    </Grid.Root>
  );
}
