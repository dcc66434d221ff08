import type { ReactNode } from 'react';
import { Box, Flex, Typography } from '@strapi/design-system';
import { styled } from 'styled-components';

/** Names and values below each other; what has no value is left out. */
export function Facts({ facts }: { facts: readonly (readonly [string, ReactNode])[] }) {
  return (
    <Box tag="dl">
      {facts
        .filter(([, value]) => value !== null && value !== '' && value !== undefined)
        .map(([name, value]) => (
          <Flex key={name} gap={3} alignItems="baseline" paddingBottom={2}>
            <Typography tag="dt" variant="pi" textColor="neutral600" minWidth="9rem">
              {name}
            </Typography>
            <Typography tag="dd" style={{ overflowWrap: 'anywhere' }}>
              {value}
            </Typography>
          </Flex>
        ))}
    </Box>
  );
}

/** A report as it came, trimmed by the server. */
export const Evidence = styled.pre`
  background: ${({ theme }) => theme.colors.neutral100};
  border-radius: ${({ theme }) => theme.borderRadius};
  color: ${({ theme }) => theme.colors.neutral800};
  font-family: monospace;
  font-size: 1.2rem;
  max-height: 30rem;
  overflow: auto;
  padding: ${({ theme }) => theme.spaces[3]};
  white-space: pre-wrap;
  overflow-wrap: anywhere;
`;
