import { Badge, type BadgeProps } from '@strapi/design-system';
import { styled } from 'styled-components';
import type { FiringTone } from './words';

/** The design system's yellow on yellow is too faint to read. */
const ReadableBadge = styled(Badge)<{ $dark: boolean }>`
  ${({ $dark, theme }) => $dark && `&, & span { color: ${theme.colors.neutral800}; }`}
`;

/** A badge in one of our tones, readable in each. */
export const ToneBadge = ({ tone, ...props }: { tone: FiringTone } & Omit<BadgeProps, 'variant'>) => (
  <ReadableBadge variant={tone} $dark={tone === 'warning'} {...props} />
);
