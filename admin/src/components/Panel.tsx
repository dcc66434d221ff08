import { useId, type ReactNode } from 'react';
import { Box, Flex, Typography } from '@strapi/design-system';

/** A white box with a heading; a landmark for screen readers. */
export function Panel({
  title,
  action,
  children,
  headingLevel = 'h2',
}: {
  title: string;
  action?: ReactNode;
  children: ReactNode;
  headingLevel?: 'h2' | 'h3';
}) {
  const id = useId();
  return (
    <Box
      tag="section"
      aria-labelledby={id}
      background="neutral0"
      hasRadius
      shadow="tableShadow"
      padding={{ initial: 4, medium: 6 }}
      minWidth={0}
      width="100%"
    >
      <Flex justifyContent="space-between" alignItems="center" gap={2} paddingBottom={4} wrap="wrap">
        <Typography variant="delta" tag={headingLevel} id={id}>
          {title}
        </Typography>
        {action}
      </Flex>
      {children}
    </Box>
  );
}
