import { useEffect, useId, useMemo, useRef } from 'react';
import { html } from '@codemirror/lang-html';
import { Box, Button, Flex, SimpleMenu, MenuItem, Typography } from '@strapi/design-system';
import CodeMirror, { EditorSelection, EditorView, type ReactCodeMirrorRef } from '@uiw/react-codemirror';
import { styled, useTheme } from 'styled-components';
import type { TemplateProblem } from '../../../../../shared/contracts';
import { useGetAttributesQuery } from '../../../api/attributes';
import { useText } from '../../../components/useText';
import { problemLine, showProblem } from './problemLine';
import { variablesWith } from './variables';

const Frame = styled(Box)`
  border: 1px solid ${({ theme }) => theme.colors.neutral200};
  border-radius: ${({ theme }) => theme.borderRadius};
  overflow: hidden;
  font-size: 1.4rem;

  &:focus-within {
    border-color: ${({ theme }) => theme.colors.primary600};
    box-shadow: 0 0 0 2px ${({ theme }) => theme.colors.primary600};
  }

  .cm-problem-line {
    background: ${({ theme }) => theme.colors.danger100};
    box-shadow: inset 3px 0 0 ${({ theme }) => theme.colors.danger600};
  }
`;

/** The body as Handlebars HTML. Tab leaves the editor, as everywhere on the page. */
export function BodyEditor({
  value,
  onChange,
  editable,
  problem,
}: {
  value: string;
  onChange: (value: string) => void;
  editable: boolean;
  problem: TemplateProblem | null;
}) {
  const t = useText();
  const id = useId();
  const theme = useTheme();
  const editor = useRef<ReactCodeMirrorRef>(null);
  const label = t('campaigns.field.body');
  const { data: declared = [] } = useGetAttributesQuery('campaigns');
  const isDark = theme.colors.neutral0 !== '#ffffff';

  const extensions = useMemo(
    () => [
      html(),
      EditorView.lineWrapping,
      problemLine,
      EditorView.contentAttributes.of({ 'aria-label': label, 'aria-describedby': `${id}-problem` }),
    ],
    [id, label],
  );

  const line = problem?.line ?? null;
  useEffect(() => {
    editor.current?.view?.dispatch({ effects: showProblem.of(line) });
  }, [line]);

  const insert = (text: string) => {
    const view = editor.current?.view;
    if (!view) return;
    view.dispatch(
      view.state.changeByRange((range) => ({
        changes: { from: range.from, to: range.to, insert: text },
        range: EditorSelection.cursor(range.from + text.length),
      })),
    );
    view.focus();
  };

  const goToProblem = () => {
    const view = editor.current?.view;
    if (!view || line === null) return;
    const target = view.state.doc.line(Math.min(Math.max(1, line), view.state.doc.lines));
    const column = Math.min(Math.max(0, (problem?.column ?? 1) - 1), target.length);
    view.dispatch({ selection: { anchor: target.from + column }, scrollIntoView: true });
    view.focus();
  };

  return (
    <Box width="100%">
      <Flex justifyContent="space-between" paddingBottom={2} gap={2}>
        <Typography variant="pi" fontWeight="bold" tag="span">
          {label}
        </Typography>
        {editable && (
          <SimpleMenu label={t('campaigns.variables.insert')} size="S" variant="tertiary">
            {variablesWith(declared, t).map(({ name, source }) => (
              <MenuItem key={source} onSelect={() => insert(source)}>
                {name}
              </MenuItem>
            ))}
          </SimpleMenu>
        )}
      </Flex>
      <Frame>
        <CodeMirror
          ref={editor}
          value={value}
          onChange={onChange}
          onCreateEditor={(view) => view.dispatch({ effects: showProblem.of(line) })}
          editable={editable}
          readOnly={!editable}
          indentWithTab={false}
          // Its blue leaves the colours of tags too little contrast.
          basicSetup={{ highlightActiveLine: false, highlightActiveLineGutter: false }}
          minHeight="260px"
          maxHeight="560px"
          theme={isDark ? 'dark' : 'light'}
          extensions={extensions}
        />
      </Frame>
      <Box id={`${id}-problem`} aria-live="polite" paddingTop={problem ? 2 : 0}>
        {problem && (
          <Flex gap={3} wrap="wrap">
            <Typography variant="pi" textColor="danger600">
              {line === null
                ? problem.message
                : t('campaigns.field.body.problem', {
                    line,
                    column: problem.column ?? 1,
                    message: problem.message,
                  })}
            </Typography>
            {line !== null && (
              <Button size="S" variant="tertiary" onClick={goToProblem}>
                {t('campaigns.field.body.go-to-line', { line })}
              </Button>
            )}
          </Flex>
        )}
      </Box>
      <Typography variant="pi" textColor="neutral600" tag="p" paddingTop={1}>
        {t('campaigns.field.body.hint')}
      </Typography>
    </Box>
  );
}
