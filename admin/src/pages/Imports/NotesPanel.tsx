import { useState } from 'react';
import { Box, Button, Typography } from '@strapi/design-system';
import type { ImportDto, ImportNotes } from '../../../../shared/contracts';
import { Panel } from '../../components/Panel';
import { useFormat } from '../../components/useFormat';
import { useText } from '../../components/useText';
import { useCan } from '../../permissions';
import { StartCheckDialog } from '../Deliverability/hygiene/StartCheckDialog';

/** What there is to say about addresses, the largest number first. */
export const notesOf = (notes: ImportNotes): [keyof ImportNotes, number][] =>
  (Object.entries(notes) as [keyof ImportNotes, number][])
    .filter(([, count]) => count > 0)
    .sort(([, a], [, b]) => b - a);

/** Addresses that may hurt, whose people were imported all the same, and a check of everybody in the file. */
export function NotesPanel({ entry }: { entry: ImportDto }) {
  const t = useText();
  const format = useFormat();
  const { can } = useCan();
  const [isStarting, setIsStarting] = useState(false);
  const notes = notesOf(entry.notes);
  if (entry.counts.rows === 0) return null;
  return (
    <Panel
      title={t('imports.notes.title')}
      action={
        can.subscribersEdit && (
          <Button variant="secondary" onClick={() => setIsStarting(true)}>
            {t('imports.notes.check')}
          </Button>
        )
      }
    >
      <Typography tag="p" textColor="neutral600">
        {t(notes.length === 0 ? 'imports.notes.none' : 'imports.notes.text')}
      </Typography>
      {notes.length > 0 && (
        <Box tag="ul" paddingTop={3}>
          {notes.map(([name, count]) => (
            <Typography key={name} tag="li">
              {`${t(`hygiene.kind.${name}`)}: ${format.number(count)}`}
            </Typography>
          ))}
        </Box>
      )}
      {isStarting && <StartCheckDialog file={entry} onClose={() => setIsStarting(false)} />}
    </Panel>
  );
}
