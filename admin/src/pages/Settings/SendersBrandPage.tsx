import { Flex } from '@strapi/design-system';
import { BrandForm } from './BrandForm';
import { SendersPanel } from './SendersPanel';
import { ProtectedSettings, SettingsFrame } from './SettingsFrame';

export default function SendersBrandPage() {
  return (
    <ProtectedSettings title="common.settings.senders">
      <SettingsFrame title="common.settings.senders" subtitle="settings.senders.subtitle">
        {(settings, mayEdit) => (
          <Flex direction="column" alignItems="stretch" gap={6}>
            <SendersPanel senders={settings.senders} mayEdit={mayEdit} />
            <BrandForm brand={settings.brand} mayEdit={mayEdit} />
          </Flex>
        )}
      </SettingsFrame>
    </ProtectedSettings>
  );
}
