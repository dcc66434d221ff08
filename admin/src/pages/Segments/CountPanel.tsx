import { Button, Flex, Loader, Typography } from '@strapi/design-system';
import type { RuleGroup } from '../../../../shared/contracts';
import { errorSentence } from '../../api/client';
import { Panel } from '../../components/Panel';
import { TextLink } from '../../components/TextLink';
import { useText } from '../../components/useText';
import { BASE_PATH } from '../../pluginId';
import { useLiveCount } from './useLiveCount';

/**
 * The people of the rules on the screen, counted while they are built.
 * @param peopleOf documentId of the saved segment, when the rules on the screen are its rules
 */
export function CountPanel({
  rules,
  incomplete,
  peopleOf,
}: {
  rules: RuleGroup | null;
  incomplete: number;
  peopleOf: string | null;
}) {
  const t = useText();
  const { currentData, data, error, isStale, refetch } = useLiveCount(rules);
  const count = currentData ?? data;
  return (
    <Panel title={t('segments.count')}>
      <Flex direction="column" alignItems="stretch" gap={3} aria-live="polite" aria-busy={isStale}>
        {rules === null ? (
          <Typography textColor="neutral600">
            {t('segments.count.incomplete', { count: incomplete })}
          </Typography>
        ) : error !== undefined && !isStale ? (
          <>
            <Typography textColor="danger600" role="alert">
              {errorSentence(error) ?? t('common.error.unreachable')}
            </Typography>
            <Button variant="secondary" onClick={() => void refetch()}>
              {t('segments.count.refresh')}
            </Button>
          </>
        ) : count === undefined ? (
          <Loader small>{t('common.loading')}</Loader>
        ) : (
          <div style={{ opacity: isStale ? 0.5 : 1 }}>
            <Typography tag="p" variant="alpha">
              {t('segments.count.matched', { count: count.matched })}
            </Typography>
            <Typography tag="p" textColor="neutral600">
              {t('segments.count.reachable', { count: count.reachable })}
            </Typography>
          </div>
        )}
        {peopleOf !== null && (
          <TextLink to={`${BASE_PATH}/subscribers?segment=${peopleOf}`}>{t('segments.show-people')}</TextLink>
        )}
        <Typography variant="pi" textColor="neutral600">
          {t('segments.count.today')}
        </Typography>
      </Flex>
    </Panel>
  );
}
