import {
  Box,
  Button,
  Flex,
  IconButton,
  SingleSelect,
  SingleSelectOption,
  Typography,
} from '@strapi/design-system';
import { ArrowDown, ArrowUp, Plus, Trash } from '@strapi/icons';
import type { RuleMapping } from '../../../../../shared/contracts';
import { useText } from '../../../components/useText';
import type { RuleContentType } from './parts';

type Part = RuleMapping['body'][number];
const FORMATS = ['auto', 'blocks', 'markdown', 'html', 'text', 'media'] as const;

/** The fields that follow each other in the body. */
export function BodyParts({
  parts,
  type,
  editable,
  onChange,
}: {
  parts: Part[];
  type: RuleContentType;
  editable: boolean;
  onChange: (parts: Part[]) => void;
}) {
  const t = useText();
  const usable = type.fields.filter(({ kind }) => !['boolean', 'relation', 'other'].includes(kind));
  const next = usable.find(({ path }) => !parts.some(({ field }) => field === path)) ?? usable[0];
  const put = (index: number, patch: Partial<Part>) =>
    onChange(parts.map((part, at) => (at === index ? { ...part, ...patch } : part)));
  const swap = (index: number, other: number) =>
    onChange(parts.map((part, at) => (at === index ? parts[other]! : at === other ? parts[index]! : part)));
  return (
    <Box tag="fieldset" borderWidth={0} padding={0} minWidth={0}>
      <Typography tag="legend" variant="pi" fontWeight="bold" textColor="neutral800" style={{ padding: 0 }}>
        {t('rules.body')}
      </Typography>
      <Flex direction="column" alignItems="stretch" gap={2} paddingTop={2}>
        {parts.length === 0 && (
          <Typography variant="pi" textColor="neutral600">
            {t('rules.body.none')}
          </Typography>
        )}
        {parts.map((part, index) => (
          <Flex key={index} gap={2} alignItems="center" wrap="wrap">
            <Box style={{ flex: '2 1 13rem' }}>
              <SingleSelect
                size="S"
                aria-label={t('rules.body.field', { number: index + 1 })}
                value={part.field}
                disabled={!editable}
                onChange={(field) => put(index, { field: String(field), as: 'auto' })}
              >
                {!usable.some(({ path }) => path === part.field) && (
                  <SingleSelectOption value={part.field}>{part.field}</SingleSelectOption>
                )}
                {usable.map(({ path }) => (
                  <SingleSelectOption key={path} value={path}>
                    {path}
                  </SingleSelectOption>
                ))}
              </SingleSelect>
            </Box>
            <Box style={{ flex: '1 1 11rem' }}>
              <SingleSelect
                size="S"
                aria-label={t('rules.body.as', { number: index + 1 })}
                value={part.as}
                disabled={!editable}
                onChange={(as) => put(index, { as: as as Part['as'] })}
              >
                {FORMATS.map((format) => (
                  <SingleSelectOption key={format} value={format}>
                    {t(`rules.format.${format}`)}
                  </SingleSelectOption>
                ))}
              </SingleSelect>
            </Box>
            {editable && (
              <Flex gap={1}>
                <IconButton
                  label={t('rules.body.up', { field: part.field })}
                  disabled={index === 0}
                  onClick={() => swap(index, index - 1)}
                >
                  <ArrowUp />
                </IconButton>
                <IconButton
                  label={t('rules.body.down', { field: part.field })}
                  disabled={index === parts.length - 1}
                  onClick={() => swap(index, index + 1)}
                >
                  <ArrowDown />
                </IconButton>
                <IconButton
                  label={t('rules.body.remove', { field: part.field })}
                  onClick={() => onChange(parts.filter((_part, at) => at !== index))}
                >
                  <Trash />
                </IconButton>
              </Flex>
            )}
          </Flex>
        ))}
        {editable && next && parts.length < 20 && (
          <Box>
            <Button
              variant="tertiary"
              size="S"
              startIcon={<Plus />}
              onClick={() => onChange([...parts, { field: next.path, as: 'auto' }])}
            >
              {t('rules.body.add')}
            </Button>
          </Box>
        )}
      </Flex>
    </Box>
  );
}
