import { Box, Checkbox, Field, Flex, NumberInput, Typography } from '@strapi/design-system';
import type { SenderTransport } from '../../../../shared/contracts';
import { useText } from '../../components/useText';

interface Props {
  /** Names of the configuration, in its order. */
  configured: readonly string[];
  value: readonly SenderTransport[];
  onChange: (value: SenderTransport[]) => void;
}

/** Which transports a sender uses, and each one's share when there are several. */
export function SenderTransports({ configured, value, onChange }: Props) {
  const t = useText();
  // A transport that was taken out of the configuration can still be chosen off.
  const gone = value.map(({ name }) => name).filter((name) => !configured.includes(name));
  const weightOf = (name: string) => value.find((one) => one.name === name)?.weight;
  const total = value.reduce((sum, { weight }) => sum + weight, 0);
  const choose = (name: string, chosen: boolean) =>
    onChange(chosen ? [...value, { name, weight: 1 }] : value.filter((one) => one.name !== name));
  const weigh = (name: string, weight: number) =>
    onChange(value.map((one) => (one.name === name ? { name, weight } : one)));

  return (
    <Box tag="fieldset" borderWidth={0} padding={0} minWidth={0}>
      <Typography tag="legend" variant="pi" fontWeight="bold" paddingBottom={2}>
        {t('settings.sender.transports')}
      </Typography>
      <Flex direction="column" alignItems="stretch" gap={2}>
        {[...configured, ...gone].map((name) => {
          const weight = weightOf(name);
          return (
            <Flex key={name} gap={4} justifyContent="space-between" style={{ minHeight: '4rem' }}>
              <Checkbox
                checked={weight !== undefined}
                onCheckedChange={(state) => choose(name, state === true)}
              >
                {gone.includes(name) ? t('settings.sender.transport.gone', { name }) : name}
              </Checkbox>
              {weight !== undefined && value.length > 1 && (
                <Flex gap={2}>
                  <Field.Root name={`weight-${name}`} width="8rem">
                    <NumberInput
                      aria-label={t('settings.sender.transport.weight', { name })}
                      size="S"
                      value={weight}
                      onValueChange={(next) =>
                        weigh(name, Math.min(1000, Math.max(1, Math.round(next ?? 1))))
                      }
                    />
                  </Field.Root>
                  <Typography textColor="neutral600" style={{ width: '4rem', textAlign: 'right' }}>
                    {t('settings.sender.transport.share', { share: Math.round((100 * weight) / total) })}
                  </Typography>
                </Flex>
              )}
            </Flex>
          );
        })}
      </Flex>
      <Typography variant="pi" textColor="neutral600">
        {value.length === 0
          ? t('settings.sender.transport.default', { name: configured[0] ?? '' })
          : t('settings.sender.transports.hint')}
      </Typography>
    </Box>
  );
}
