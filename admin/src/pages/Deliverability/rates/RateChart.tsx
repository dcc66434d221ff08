import { Box, Flex, Typography } from '@strapi/design-system';
import { useTheme } from 'styled-components';
import { useFormat } from '../../../components/useFormat';
import { useText } from '../../../components/useText';
import { pointsOf, topOf, type Metric, type RateDay } from './rates';
import { useRateFormat } from './useRateFormat';

const SIZE = { width: 600, height: 160 };
const LEFT = 44;
const BOTTOM = 22;
/** Labels of the scale that are closer than this would overlap. */
const LABEL_HEIGHT = 12;

/** So many dots would cover the line. */
const MANY = 60;

/** A rate over days with its two lines. The table below it has the same numbers for those who cannot see it. */
export function RateChart({
  metric,
  days,
  lines,
  name,
}: {
  metric: Metric;
  days: readonly RateDay[];
  /** In percent: where it is worth a look, and where it is too high. */
  lines: readonly [number, number];
  /** Whose rate it is. */
  name: string;
}) {
  const t = useText();
  const format = useFormat();
  const rate = useRateFormat();
  const { colors } = useTheme();
  const lineColors = [colors.warning600, colors.danger600];
  const top = topOf(days, metric, lines[1]);
  const points = pointsOf(days, metric, { ...SIZE, top });
  const y = (value: number) => SIZE.height - (SIZE.height * value) / top;
  const day = (iso: string) => format.day(iso);
  const highest = Math.max(0, ...points.map((point) => point.rate));
  const labels = labelsOf([0, lines[1], highest, lines[0]], y);
  return (
    <Box tag="figure" minWidth={0} width="100%">
      <Typography tag="figcaption" fontWeight="semiBold">
        {t(`deliverability.rates.${metric}`)}
      </Typography>
      <svg
        viewBox={`0 0 ${SIZE.width + LEFT + 8} ${SIZE.height + BOTTOM + 8}`}
        role="img"
        aria-label={t('deliverability.rates.chart', {
          metric: t(`deliverability.rates.${metric}`),
          name,
          highest: rate(highest),
          count: points.length,
        })}
        style={{ display: 'block', width: '100%', maxWidth: '760px' }}
      >
        <g transform={`translate(${LEFT}, 8)`} fontSize="11" fill={colors.neutral600}>
          <line x1={0} x2={SIZE.width} y1={SIZE.height} y2={SIZE.height} stroke={colors.neutral200} />
          {labels.map((value) => (
            <text key={value} x={-6} y={y(value) + 4} textAnchor="end">
              {rate(value)}
            </text>
          ))}
          {lines.map((value, nth) => (
            <line
              key={nth}
              x1={0}
              x2={SIZE.width}
              y1={y(value)}
              y2={y(value)}
              stroke={lineColors[nth]}
              strokeDasharray="4 4"
            />
          ))}
          <polyline
            points={points.map((point) => `${point.x},${point.y}`).join(' ')}
            fill="none"
            stroke={colors.primary600}
            strokeWidth={2}
          />
          {points.map((point) => (
            <circle
              key={point.day.day}
              cx={point.x}
              cy={point.y}
              r={points.length > MANY ? 1.5 : 3.5}
              fill={colors.primary600}
            >
              <title>{`${day(point.day.day)}: ${rate(point.rate)}`}</title>
            </circle>
          ))}
          {points.length > 0 && (
            <>
              <text x={0} y={SIZE.height + 18}>
                {day(points[0]!.day.day)}
              </text>
              {points.length > 1 && (
                <text x={SIZE.width} y={SIZE.height + 18} textAnchor="end">
                  {day(points.at(-1)!.day.day)}
                </text>
              )}
            </>
          )}
        </g>
      </svg>
      <Flex gap={4} wrap="wrap">
        {(['warn', 'high'] as const).map((level, nth) => (
          <Flex key={level} gap={2}>
            <svg width="20" height="4" aria-hidden>
              <line
                x1="0"
                x2="20"
                y1="2"
                y2="2"
                stroke={lineColors[nth]}
                strokeWidth="2"
                strokeDasharray="4 4"
              />
            </svg>
            <Typography variant="pi" textColor="neutral800">
              {t(`deliverability.rates.line.${level}`, { rate: rate(lines[nth] ?? 0) })}
            </Typography>
          </Flex>
        ))}
      </Flex>
    </Box>
  );
}

/** Values of the scale that can be written without overlapping, the more important first; the key below names all lines. */
function labelsOf(values: readonly number[], y: (value: number) => number): number[] {
  const shown: number[] = [];
  for (const value of values) {
    if (shown.every((other) => Math.abs(y(other) - y(value)) >= LABEL_HEIGHT)) shown.push(value);
  }
  return shown;
}
