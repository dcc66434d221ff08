import { Button, Flex } from '@strapi/design-system';
import { useText } from '../../components/useText';
import type { useKeyed } from './useKeyed';

/** Newer and older, below a list that is read by key. Nothing when it has one page. */
export function KeyedPages({ keyed, next }: { keyed: ReturnType<typeof useKeyed>; next: string | null }) {
  const t = useText();
  if (keyed.isFirst && next === null) return null;
  return (
    <Flex gap={2} paddingTop={4}>
      <Button size="S" variant="tertiary" disabled={keyed.isFirst} onClick={keyed.newer}>
        {t('deliverability.newer')}
      </Button>
      <Button
        size="S"
        variant="tertiary"
        disabled={next === null}
        onClick={() => next !== null && keyed.older(next)}
      >
        {t('deliverability.older')}
      </Button>
    </Flex>
  );
}
