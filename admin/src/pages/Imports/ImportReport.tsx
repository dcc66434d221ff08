import { useState } from 'react';
import { Box, Button, Flex, Grid, ProgressBar, Typography } from '@strapi/design-system';
import type { ImportDto } from '../../../../shared/contracts';
import { useCancelImportMutation } from '../../api/imports';
import { ConfirmAction } from '../../components/ConfirmAction';
import { LiveMessage } from '../../components/LiveMessage';
import { Notice } from '../../components/Notice';
import { Panel } from '../../components/Panel';
import { TextLink } from '../../components/TextLink';
import { useFeedback } from '../../components/useFeedback';
import { useFormat } from '../../components/useFormat';
import { useText } from '../../components/useText';
import { BASE_PATH } from '../../pluginId';
import { NotesPanel, notesOf } from './NotesPanel';
import { ProblemsPanel } from './ProblemsPanel';

/** In the order of what an editor asks first; together they are all rows. */
const COUNTS = [
  'created',
  'updated',
  'unchanged',
  'duplicates',
  'suppressed',
  'left',
  'leftOut',
  'invalid',
] as const;

/** Progress while it runs and the report afterwards: the same page. */
export function ImportReport({ entry }: { entry: ImportDto }) {
  const t = useText();
  const format = useFormat();
  const isRunning = entry.state === 'running';
  const hasProblems =
    entry.counts.rows -
      entry.counts.created -
      entry.counts.updated -
      entry.counts.unchanged -
      entry.counts.left >
      0 ||
    entry.valueProblems > 0 ||
    notesOf(entry.notes).some(([name]) => name !== 'dns-unknown');
  return (
    <Flex direction="column" alignItems="stretch" gap={6}>
      {entry.error !== null && <Notice title={t('imports.failed')}>{entry.error}</Notice>}
      <Panel title={t('imports.report.title')} action={isRunning && <Cancel entry={entry} />}>
        {isRunning && <Progress entry={entry} />}
        <Spoken entry={entry} />
        <Box paddingBottom={4}>
          <Typography tag="p" variant="delta">
            {t('imports.report.rows', { count: entry.counts.rows })}
          </Typography>
        </Box>
        <Grid.Root gap={4} tag="dl">
          {COUNTS.map((name) => (
            <Grid.Item key={name} col={3} s={6} xs={12} direction="column" alignItems="stretch">
              <Typography tag="dt" variant="pi" textColor="neutral600">
                {t(`imports.count.${name}`)}
              </Typography>
              <Typography tag="dd" variant="beta">
                {format.number(entry.counts[name])}
              </Typography>
            </Grid.Item>
          ))}
        </Grid.Root>
        {entry.valueProblems > 0 && (
          <Box paddingTop={4}>
            <Typography textColor="neutral600">
              {t('imports.report.values', { count: entry.valueProblems })}
            </Typography>
          </Box>
        )}
        {entry.counts.leftOut > 0 && <LeftOut entry={entry} />}
        {!isRunning && entry.counts.created > 0 && (
          <Box paddingTop={4}>
            <Typography>
              <TextLink to={`${BASE_PATH}/subscribers`}>{t('imports.report.people')}</TextLink>
            </Typography>
          </Box>
        )}
      </Panel>
      {entry.endedAt !== null && <NotesPanel entry={entry} />}
      {hasProblems && <ProblemsPanel entry={entry} />}
    </Flex>
  );
}

/** Who was left out for what is said about the address. */
function LeftOut({ entry }: { entry: ImportDto }) {
  const t = useText();
  const format = useFormat();
  const kinds = notesOf(entry.leftOut).map(
    ([name, count]) => `${t(`hygiene.kind.${name}`)}: ${format.number(count)}`,
  );
  return (
    <Box paddingTop={4}>
      <Typography textColor="neutral600">
        {t('imports.report.left-out', { kinds: kinds.join(' · ') })}
      </Typography>
    </Box>
  );
}

function Progress({ entry }: { entry: ImportDto }) {
  const t = useText();
  const format = useFormat();
  const percent = format.percent(entry.progress, 1);
  return (
    <Flex direction="column" alignItems="stretch" gap={2} paddingBottom={4}>
      <ProgressBar
        value={Math.round(entry.progress * 100)}
        aria-label={t('imports.report.title')}
        style={{ width: '100%' }}
      />
      <Typography variant="pi" textColor="neutral600">
        {t('imports.report.progress', { percent })}
      </Typography>
    </Flex>
  );
}

/** Spoken at each change of state and each tenth, not every three seconds. */
function Spoken({ entry }: { entry: ImportDto }) {
  const t = useText();
  const percent = Math.floor(entry.progress * 10) * 10;
  const state = t(`imports.state.${entry.state}`);
  return <LiveMessage>{t('imports.spoken', { state, percent })}</LiveMessage>;
}

function Cancel({ entry }: { entry: ImportDto }) {
  const t = useText();
  const feedback = useFeedback();
  const [open, setOpen] = useState(false);
  const [cancel] = useCancelImportMutation();
  const confirm = async () => {
    const outcome = await cancel(entry.id);
    if ('error' in outcome) feedback.failure(outcome.error);
    return true;
  };
  return (
    <ConfirmAction
      open={open}
      onOpenChange={setOpen}
      trigger={<Button variant="danger-light">{t('imports.cancel')}</Button>}
      title={t('imports.cancel.title')}
      confirmLabel={t('imports.cancel')}
      onConfirm={confirm}
    >
      <Typography textAlign="center">{t('imports.cancel.text', { count: entry.counts.rows })}</Typography>
    </ConfirmAction>
  );
}
