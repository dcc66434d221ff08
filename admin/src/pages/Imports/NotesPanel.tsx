import { Box, Typography } from '@strapi/design-system';
import type { ImportDto, ImportNotes } from '../../../../shared/contracts';
import { Panel } from '../../components/Panel';
import { TextLink } from '../../components/TextLink';
import { useFormat } from '../../components/useFormat';
import { useText } from '../../components/useText';
import { BASE_PATH } from '../../pluginId';

/** What there is to say about addresses, the largest number first. */
export const notesOf = ({ notes }: ImportDto): [keyof ImportNotes, number][] =>
  (Object.entries(notes) as [keyof ImportNotes, number][])
    .filter(([, count]) => count > 0)
    .sort(([, a], [, b]) => b - a);

/** Addresses that may hurt: their people were imported all the same. Nothing when there are none. */
export function NotesPanel({ entry }: { entry: ImportDto }) {
  const t = useText();
  const format = useFormat();
  const notes = notesOf(entry);
  if (notes.length === 0) return null;
  return (
    <Panel title={t('imports.notes.title')}>
      <Typography tag="p" textColor="neutral600">
        {t('imports.notes.text')}
      </Typography>
      <Box tag="ul" paddingTop={3} paddingBottom={3}>
        {notes.map(([name, count]) => (
          <Typography key={name} tag="li">
            {`${t(`hygiene.kind.${name}`)}: ${format.number(count)}`}
          </Typography>
        ))}
      </Box>
      <TextLink to={`${BASE_PATH}/deliverability/hygiene`}>{t('imports.notes.check')}</TextLink>
    </Panel>
  );
}
