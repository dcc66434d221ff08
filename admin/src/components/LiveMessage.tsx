import { VisuallyHidden } from '@strapi/design-system';

/** Spoken by screen readers whenever the text changes, without moving the focus; not visible. */
export function LiveMessage({ children }: { children: string }) {
  return (
    <VisuallyHidden>
      <span role="status" aria-live="polite">
        {children}
      </span>
    </VisuallyHidden>
  );
}
