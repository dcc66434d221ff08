import { Button, Flex, Typography } from '@strapi/design-system';
import { useText } from './useText';

interface Props {
  /** None: this is the first page. */
  onPrevious: (() => void) | undefined;
  /** None: this is the last page. */
  onNext: (() => void) | undefined;
  /** Which page this is, where that is known. */
  position?: { page: number; pages: number };
}

/** To the pages before and after, below a list whose page is not in the address. Nothing when it has one page. */
export function PageButtons({ onPrevious, onNext, position }: Props) {
  const t = useText();
  if (!onPrevious && !onNext) return null;
  return (
    <Flex gap={3} alignItems="center" paddingTop={4}>
      <Button size="S" variant="tertiary" disabled={!onPrevious} onClick={onPrevious}>
        {t('common.page.previous')}
      </Button>
      {position && <Typography variant="pi">{t('common.page.position', { ...position })}</Typography>}
      <Button size="S" variant="tertiary" disabled={!onNext} onClick={onNext}>
        {t('common.page.next')}
      </Button>
    </Flex>
  );
}
