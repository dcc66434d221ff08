import { Decoration, EditorView, StateEffect, StateField, type DecorationSet } from '@uiw/react-codemirror';

/** Marks the line (from 1) of a template error, or none with null. */
export const showProblem = StateEffect.define<number | null>();

const mark = Decoration.line({ class: 'cm-problem-line' });

/** Holds the mark; it moves with the text until the next check says where the error is now. */
export const problemLine = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, transaction) {
    let next = marks.map(transaction.changes);
    for (const effect of transaction.effects) {
      if (!effect.is(showProblem)) continue;
      const line = effect.value;
      const { doc } = transaction.state;
      next =
        line === null || line < 1 || line > doc.lines
          ? Decoration.none
          : Decoration.set([mark.range(doc.line(line).from)]);
    }
    return next;
  },
  provide: (field) => EditorView.decorations.from(field),
});
