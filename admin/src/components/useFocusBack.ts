import { useEffect, useMemo } from 'react';

/**
 * Gives the focus back to where it was before a dialog opened. The design system does so for a trigger within the dialog's
 * root alone; without one the focus is lost, and whoever uses the keyboard starts at the top of the page.
 */
export function useFocusBack(open: boolean): void {
  const before = useMemo(() => (open ? document.activeElement : null), [open]);
  useEffect(
    () => () => {
      // The dialog is taken out of the page after this, and its focus with it.
      setTimeout(() => {
        const isLost = document.activeElement === null || document.activeElement === document.body;
        if (isLost && before instanceof HTMLElement && before.isConnected) before.focus();
      });
    },
    [before],
  );
}
