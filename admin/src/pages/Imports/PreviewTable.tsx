import { useId } from 'react';
import { Box, Typography } from '@strapi/design-system';
import { styled } from 'styled-components';
import type { ImportPreview } from '../../../../shared/contracts';
import { useText } from '../../components/useText';

const Scroller = styled(Box)`
  max-height: 32rem;
  overflow: auto;
`;

const Plain = styled.table`
  border-collapse: collapse;
  color: ${({ theme }) => theme.colors.neutral800};
  font-size: ${({ theme }) => theme.fontSizes[1]};

  th,
  td {
    border: 1px solid ${({ theme }) => theme.colors.neutral150};
    max-width: 28rem;
    overflow: hidden;
    padding: ${({ theme }) => `${theme.spaces[1]} ${theme.spaces[2]}`};
    text-align: left;
    text-overflow: ellipsis;
    white-space: nowrap;
  }

  th {
    background: ${({ theme }) => theme.colors.neutral100};
    font-weight: ${({ theme }) => theme.fontWeights.bold};
    position: sticky;
    top: 0;
  }
`;

/** The beginning of the file as it is read now: wrong characters and shifted cells show here. */
export function PreviewTable({ preview }: { preview: ImportPreview }) {
  const t = useText();
  const id = useId();
  return (
    <Box>
      <Box paddingBottom={2}>
        <Typography id={id} variant="pi" fontWeight="bold" tag="h3">
          {t('imports.preview', { count: preview.rows.length })}
        </Typography>
      </Box>
      <Scroller tabIndex={0} role="region" aria-labelledby={id}>
        <Plain>
          <thead>
            <tr>
              {preview.columns.map((name, at) => (
                <th key={at} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {preview.rows.map((row, index) => (
              <tr key={index}>
                {row.map((cell, at) => (
                  <td key={at}>{cell}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </Plain>
      </Scroller>
    </Box>
  );
}
