import { Box, Flex, Typography } from '@strapi/design-system';
import type { TimingPlan } from '../../../../../shared/contracts';
import { useText } from '../../../components/useText';
import { preflightText } from '../preflightText';
import { useTimingText } from './timingText';

/** When the mails of a campaign with a timing go out, and what speaks against it. */
export function TimingSummary({ plan }: { plan: TimingPlan }) {
  const t = useText();
  const text = useTimingText();
  return (
    <Box background="neutral100" hasRadius padding={4} aria-live="polite">
      <Flex tag="ul" direction="column" alignItems="stretch" gap={2}>
        {text(plan).map((line) => (
          <Typography tag="li" key={line}>
            {line}
          </Typography>
        ))}
        {plan.problems.map((item) => (
          <Typography
            tag="li"
            key={item.id}
            fontWeight="semiBold"
            textColor={item.level === 'blocking' ? 'danger600' : 'neutral800'}
          >
            {t(item.level === 'blocking' ? 'campaigns.preflight.blocking' : 'campaigns.preflight.warning')}{' '}
            {preflightText(item, t)}
          </Typography>
        ))}
      </Flex>
    </Box>
  );
}
