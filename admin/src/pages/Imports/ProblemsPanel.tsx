import { Box, Button, Table, Tbody, Td, Tr, Typography } from '@strapi/design-system';
import { Download } from '@strapi/icons';
import { useIntl } from 'react-intl';
import type { ImportDto } from '../../../../shared/contracts';
import { useGetImportProblemsQuery } from '../../api/imports';
import { useDownload } from '../../api/useDownload';
import { ErrorState } from '../../components/ErrorState';
import { Panel } from '../../components/Panel';
import { TableHead } from '../../components/TableHead';
import { useFormat } from '../../components/useFormat';
import { useText } from '../../components/useText';

/** How many are on the page; the file has all. */
const SHOWN = 50;

/** Rows that were not imported or not as they are, with line and reason. */
export function ProblemsPanel({ entry }: { entry: ImportDto }) {
  const t = useText();
  const format = useFormat();
  const language = useIntl().locale.startsWith('ja') ? 'ja' : 'en';
  const { data, error, refetch } = useGetImportProblemsQuery({ id: entry.id, language, pageSize: SHOWN });
  const { download, isLoading } = useDownload();
  const save = () =>
    download(
      `imports/${entry.id}/errors.csv`,
      { language },
      `problems-${entry.fileName.replace(/\.[^.]*$/, '')}.csv`,
    );
  const heads = (['line', 'column', 'problem'] as const).map((name) => t(`imports.problems.${name}`));
  return (
    <Panel
      title={t('imports.problems.title')}
      action={
        <Button variant="secondary" startIcon={<Download />} loading={isLoading} onClick={() => void save()}>
          {t('imports.problems.download')}
        </Button>
      }
    >
      {error !== undefined ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : (
        <Table colCount={heads.length} rowCount={(data?.results.length ?? 0) + 1}>
          <TableHead columns={heads} />
          <Tbody>
            {(data?.results ?? []).map((problem, index) => (
              <Tr key={index}>
                <Td>
                  <Typography>{format.number(problem.line)}</Typography>
                </Td>
                <Td>
                  <Typography style={{ overflowWrap: 'anywhere', whiteSpace: 'normal' }}>
                    {problem.column ?? '–'}
                  </Typography>
                </Td>
                <Td>
                  <Typography style={{ overflowWrap: 'anywhere', whiteSpace: 'normal' }}>
                    {problem.sentence}
                  </Typography>
                </Td>
              </Tr>
            ))}
          </Tbody>
        </Table>
      )}
      {data !== undefined && data.pagination.total > SHOWN && (
        <Box paddingTop={3}>
          <Typography variant="pi" textColor="neutral600">
            {t('imports.problems.more', { shown: SHOWN, count: data.pagination.total })}
          </Typography>
        </Box>
      )}
    </Panel>
  );
}
