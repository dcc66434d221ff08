import { useEffect, useRef, type MouseEvent } from 'react';
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
  const pressed = useRef<HTMLButtonElement | null>(null);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // A button that is disabled loses the focus: it goes to the other one.
    if (pressed.current?.disabled) box.current?.querySelector<HTMLButtonElement>('button:enabled')?.focus();
    pressed.current = null;
  });
  const press = (go: (() => void) | undefined) => (event: MouseEvent<HTMLButtonElement>) => {
    pressed.current = event.currentTarget;
    go?.();
  };
  if (!onPrevious && !onNext) return null;
  return (
    <Flex ref={box} gap={3} alignItems="center" paddingTop={4}>
      <Button size="S" variant="tertiary" disabled={!onPrevious} onClick={press(onPrevious)}>
        {t('common.page.previous')}
      </Button>
      {position && <Typography variant="pi">{t('common.page.position', { ...position })}</Typography>}
      <Button size="S" variant="tertiary" disabled={!onNext} onClick={press(onNext)}>
        {t('common.page.next')}
      </Button>
    </Flex>
  );
}
