import { Typography, type TypographyProps } from '@strapi/design-system';
import { styled } from 'styled-components';

/**
 * An address or the name of a server in a cell of a table: breaks rather than pushing the other columns out of sight,
 * but does not become a column of single letters.
 */
export const LongText: (props: TypographyProps) => JSX.Element = styled(Typography)`
  display: block;
  min-width: 16rem;
  max-width: 40rem;
  overflow-wrap: anywhere;
  white-space: normal;
`;
