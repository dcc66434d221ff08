import { Link } from 'react-router-dom';
import { styled } from 'styled-components';

/** A link within the panel, in the panel's colours and size of text. */
export const TextLink = styled(Link)`
  color: ${({ theme }) => theme.colors.primary600};
  font-size: inherit;
  text-decoration: underline;

  &:hover {
    color: ${({ theme }) => theme.colors.primary700};
  }
`;
