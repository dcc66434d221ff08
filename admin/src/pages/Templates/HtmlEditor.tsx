import { useMemo } from 'react';
import { html } from '@codemirror/lang-html';
import { Box } from '@strapi/design-system';
import CodeMirror, { EditorView } from '@uiw/react-codemirror';
import { useTheme } from 'styled-components';

interface Props {
  value: string;
  onChange: (value: string) => void;
  /** Name of the field for screen readers. */
  label: string;
  /** Ids of the texts that describe it (an error, say). */
  describedBy?: string;
  isReadOnly?: boolean;
  height?: string;
}

/** CodeMirror for HTML with Handlebars. Tab leaves the editor, as keyboard users need it to. */
export function HtmlEditor({
  value,
  onChange,
  label,
  describedBy,
  isReadOnly = false,
  height = '52rem',
}: Props) {
  const theme = useTheme();
  const extensions = useMemo(
    () => [
      html({ matchClosingTags: false }),
      EditorView.lineWrapping,
      // The panel's root font is 10 px, which CodeMirror would take over.
      EditorView.theme({ '&': { fontSize: '1.3rem' } }),
      EditorView.contentAttributes.of({
        'aria-label': label,
        // A scrolling region must hold something that Tab reaches, by axe's reading.
        tabindex: '0',
        ...(describedBy === undefined ? {} : { 'aria-describedby': describedBy }),
      }),
    ],
    [label, describedBy],
  );
  const isDark = theme.colors.neutral0 !== '#ffffff';
  return (
    <Box borderColor="neutral200" borderStyle="solid" borderWidth="1px" hasRadius overflow="hidden">
      <CodeMirror
        value={value}
        onChange={onChange}
        extensions={extensions}
        height={height}
        theme={isDark ? 'dark' : 'light'}
        readOnly={isReadOnly}
        indentWithTab={false}
      />
    </Box>
  );
}
