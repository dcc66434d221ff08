import type { ReactNode } from 'react';
import { Box, Flex, Typography } from '@strapi/design-system';
import { WarningCircle } from '@strapi/icons';

/** A warning that stays: unlike the design system's Alert it has no close button. */
export function Notice({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Box role="note" background="warning100" borderColor="warning200" hasRadius padding={4}>
      <Flex gap={3} alignItems="flex-start">
        <Box paddingTop={1}>
          <WarningCircle fill="warning700" aria-hidden />
        </Box>
        <Box>
          <Typography tag="p" fontWeight="bold" textColor="neutral800">
            {title}
          </Typography>
          <Typography tag="p" textColor="neutral800">
            {children}
          </Typography>
        </Box>
      </Flex>
    </Box>
  );
}
