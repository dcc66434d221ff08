import { Box, Typography } from '@strapi/design-system';
import type { SegmentProblem } from '../../../../shared/contracts';
import { useText } from '../../components/useText';

/** What in the rules leads nowhere. */
export function Problems({ problems }: { problems: readonly SegmentProblem[] }) {
  const t = useText();
  if (problems.length === 0) return null;
  return (
    <Box role="note" padding={4} background="warning100" borderColor="warning200" hasRadius>
      <Typography fontWeight="bold" textColor="neutral800">
        {t('segments.problems')}
      </Typography>
      <ul>
        {problems.map(({ id, what }) => (
          <li key={`${id} ${what}`}>
            <Typography textColor="neutral800">{t(`segments.problem.${id}`, { what })}</Typography>
          </li>
        ))}
      </ul>
    </Box>
  );
}
