import { PageButtons } from '../../components/PageButtons';
import type { useKeyed } from './useKeyed';

/** Below a list that is read by key. */
export function KeyedPages({ keyed, next }: { keyed: ReturnType<typeof useKeyed>; next: string | null }) {
  return (
    <PageButtons
      onPrevious={keyed.isFirst ? undefined : keyed.newer}
      onNext={next === null ? undefined : () => keyed.older(next)}
    />
  );
}
