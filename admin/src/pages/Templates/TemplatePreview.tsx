import { useEffect, useState } from 'react';
import { Box, Flex, IconButton, IconButtonGroup, Typography } from '@strapi/design-system';
import { Monitor, Phone } from '@strapi/icons';
import { usePreviewTemplateQuery } from '../../api/templates';
import { errorSentence } from '../../api/client';
import { useText } from '../../components/useText';

const WIDTHS = { desktop: '100%', phone: '375px' };
const DELAY = 500;

/** The value once it has been left alone for a while, so that not every key stroke asks the server. */
function useSettled<T>(value: T): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), DELAY);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

interface Props {
  html: string;
  /** Id of the error, for the editor's description. */
  errorId: string;
}

/** The template around a sample text, in a frame without scripts; or where its source is wrong. */
export function TemplatePreview({ html, errorId }: Props) {
  const t = useText();
  const [width, setWidth] = useState<keyof typeof WIDTHS>('desktop');
  const settled = useSettled(html);
  const { data, error, isFetching } = usePreviewTemplateQuery(
    { html: settled },
    { skip: settled.trim() === '' },
  );
  const problem = data?.error ?? null;
  const failure = error === undefined ? null : (errorSentence(error) ?? t('common.error.unreachable'));
  return (
    <Flex direction="column" alignItems="stretch" gap={3}>
      <Flex justifyContent="space-between">
        <Typography variant="delta" tag="h2">
          {t('templates.preview')}
        </Typography>
        <IconButtonGroup>
          {(['desktop', 'phone'] as const).map((kind) => (
            <IconButton
              key={kind}
              label={t(`templates.preview.${kind}`)}
              aria-pressed={width === kind}
              variant={width === kind ? 'secondary' : 'tertiary'}
              onClick={() => setWidth(kind)}
            >
              {kind === 'desktop' ? <Monitor /> : <Phone />}
            </IconButton>
          ))}
        </IconButtonGroup>
      </Flex>
      <div id={errorId} role="status">
        {(problem !== null || failure !== null) && (
          <Box padding={4} background="danger100" borderColor="danger200" hasRadius>
            {problem !== null && problem.line !== null && (
              <Typography tag="p" fontWeight="bold" textColor="danger700">
                {t('templates.problem.place', { line: problem.line, column: problem.column ?? 1 })}
              </Typography>
            )}
            <Typography tag="p" textColor="danger700">
              {problem?.message ?? failure}
            </Typography>
          </Box>
        )}
      </div>
      {problem === null && failure === null && (
        <Box
          background="neutral150"
          hasRadius
          padding={2}
          aria-busy={isFetching}
          style={{ display: 'flex', justifyContent: 'center' }}
        >
          <iframe
            title={t('templates.preview')}
            sandbox=""
            srcDoc={data?.html ?? ''}
            style={{
              width: WIDTHS[width],
              maxWidth: '100%',
              height: '50rem',
              border: 0,
              background: '#ffffff',
            }}
          />
        </Box>
      )}
    </Flex>
  );
}
