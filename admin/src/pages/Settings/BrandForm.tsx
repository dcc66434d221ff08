import { useState, type FormEvent } from 'react';
import { Box, Field, Flex, Grid, Textarea, TextInput } from '@strapi/design-system';
import type { Settings } from '../../../../shared/contracts';
import { Panel } from '../../components/Panel';
import { useText } from '../../components/useText';
import { SaveBar } from './SaveBar';
import { useSaveSettings } from './useSaveSettings';
import { isWebAddress } from './web-address';

type Brand = Settings['brand'];

interface Props {
  brand: Brand;
  mayEdit: boolean;
}

/** Who stands behind the newsletters: in the footer of each mail and on the public pages. */
export function BrandForm({ brand, mayEdit }: Props) {
  const t = useText();
  const { save, isSaving } = useSaveSettings();
  const [values, setValues] = useState(brand);
  const set = (patch: Partial<Brand>) => setValues((before) => ({ ...before, ...patch }));
  const badLogo = values.logoUrl !== '' && !isWebAddress(values.logoUrl);
  const badColor = !/^#[0-9a-f]{6}$/i.test(values.color);
  const isDirty = JSON.stringify(values) !== JSON.stringify(brand);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!badLogo && !badColor) await save({ brand: values });
  };

  return (
    <form noValidate onSubmit={(event) => void submit(event)}>
      <Panel title={t('settings.brand')}>
        <Flex direction="column" alignItems="stretch" gap={5}>
          <Grid.Root gap={5}>
            <Grid.Item col={6} xs={12} direction="column" alignItems="stretch">
              <Field.Root name="brandName" hint={t('settings.brand.name.hint')}>
                <Field.Label>{t('settings.brand.name')}</Field.Label>
                <TextInput
                  value={values.name}
                  maxLength={200}
                  disabled={!mayEdit}
                  onChange={(event) => set({ name: event.target.value })}
                />
                <Field.Hint />
              </Field.Root>
            </Grid.Item>
            <Grid.Item col={6} xs={12} direction="column" alignItems="stretch">
              <Field.Root name="contact" hint={t('settings.brand.contact.hint')}>
                <Field.Label>{t('settings.brand.contact')}</Field.Label>
                <TextInput
                  value={values.contact}
                  maxLength={300}
                  disabled={!mayEdit}
                  onChange={(event) => set({ contact: event.target.value })}
                />
                <Field.Hint />
              </Field.Root>
            </Grid.Item>
          </Grid.Root>
          <Field.Root name="postalAddress" hint={t('settings.brand.address.hint')}>
            <Field.Label>{t('settings.brand.address')}</Field.Label>
            <Textarea
              value={values.postalAddress}
              maxLength={500}
              disabled={!mayEdit}
              onChange={(event) => set({ postalAddress: event.target.value })}
            />
            <Field.Hint />
          </Field.Root>
          <Grid.Root gap={5}>
            <Grid.Item col={6} xs={12} direction="column" alignItems="stretch">
              <Field.Root
                name="logoUrl"
                hint={t('settings.brand.logo.hint')}
                error={badLogo && t('settings.error.web-address')}
              >
                <Field.Label>{t('settings.brand.logo')}</Field.Label>
                <TextInput
                  type="url"
                  placeholder="https://"
                  value={values.logoUrl}
                  disabled={!mayEdit}
                  onChange={(event) => set({ logoUrl: event.target.value.trim() })}
                />
                <Field.Hint />
                <Field.Error />
              </Field.Root>
            </Grid.Item>
            <Grid.Item col={6} xs={12} direction="column" alignItems="stretch">
              <Field.Root
                name="color"
                hint={t('settings.brand.color.hint')}
                error={badColor && t('settings.error.color')}
              >
                <Field.Label>{t('settings.brand.color')}</Field.Label>
                <TextInput
                  value={values.color}
                  disabled={!mayEdit}
                  onChange={(event) => set({ color: event.target.value.trim() })}
                  startAction={
                    <Box
                      width="1.6rem"
                      height="1.6rem"
                      hasRadius
                      aria-hidden
                      style={{ background: badColor ? 'transparent' : values.color }}
                    />
                  }
                />
                <Field.Hint />
                <Field.Error />
              </Field.Root>
            </Grid.Item>
          </Grid.Root>
          <SaveBar mayEdit={mayEdit} isDirty={isDirty} isSaving={isSaving} />
        </Flex>
      </Panel>
    </form>
  );
}
