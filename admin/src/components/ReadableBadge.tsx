import { Badge, type BadgeProps } from '@strapi/design-system';
import { styled } from 'styled-components';

const DarkBadge = styled(Badge)`
  &,
  & span {
    color: ${({ theme }) => theme.colors.neutral800};
  }
`;

/** A badge that can be read in each variant: the design system's yellow on yellow and red on red are too faint. */
export const ReadableBadge = (props: BadgeProps) =>
  props.variant === 'warning' || props.variant === 'danger' ? <DarkBadge {...props} /> : <Badge {...props} />;
