import { useState } from 'react';
import { Box, Flex, Loader, Tabs, Typography } from '@strapi/design-system';
import { styled } from 'styled-components';
import type { CampaignDto, PreviewDto } from '../../../../../shared/contracts';
import { ErrorState } from '../../../components/ErrorState';
import { Panel } from '../../../components/Panel';
import { useText } from '../../../components/useText';
import { useCan } from '../../../permissions';
import { SubscriberPicker, type PickedSubscriber } from './SubscriberPicker';
import { TestSendDialog } from './TestSendDialog';

const WIDTHS = { desktop: 680, phone: 375 } as const;
type View = keyof typeof WIDTHS | 'text';

const Frame = styled.iframe`
  border: 1px solid ${({ theme }) => theme.colors.neutral200};
  border-radius: ${({ theme }) => theme.borderRadius};
  background: #ffffff;
  height: 640px;
  max-width: none;
`;

const PlainText = styled.pre`
  white-space: pre-wrap;
  overflow-wrap: anywhere;
  font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
  font-size: 1.3rem;
  line-height: 1.5;
  color: ${({ theme }) => theme.colors.neutral800};
`;

interface PreviewAnswer {
  currentData?: PreviewDto;
  error?: unknown;
  isFetching: boolean;
  refetch: () => unknown;
}

/** The mail as one person gets it: HTML in two widths, plain text, and a test send. */
export function PreviewPanel({
  campaign,
  language,
  subscriber,
  onSubscriber,
  preview,
  beforeTest,
}: {
  campaign: CampaignDto;
  language: string;
  subscriber: PickedSubscriber | null;
  onSubscriber: (subscriber: PickedSubscriber | null) => void;
  preview: PreviewAnswer;
  beforeTest: () => Promise<boolean>;
}) {
  const t = useText();
  const { can } = useCan();
  const [view, setView] = useState<View>('desktop');
  const data = preview.currentData;
  return (
    <Panel
      title={t('campaigns.preview.title')}
      action={
        can.campaignsEdit && (
          <TestSendDialog
            campaign={campaign}
            language={language}
            subscriber={subscriber}
            beforeTest={beforeTest}
          />
        )
      }
    >
      <Flex gap={4} wrap="wrap" alignItems="end" justifyContent="space-between" paddingBottom={4}>
        {can.subscribersRead && (
          <Box width="320px" maxWidth="100%">
            <SubscriberPicker value={subscriber} onChange={onSubscriber} />
          </Box>
        )}
        <Tabs.Root variant="simple" value={view} onValueChange={(next) => setView(next as View)}>
          <Tabs.List aria-label={t('campaigns.preview.view')}>
            <Tabs.Trigger value="desktop">{t('campaigns.preview.desktop')}</Tabs.Trigger>
            <Tabs.Trigger value="phone">{t('campaigns.preview.phone')}</Tabs.Trigger>
            <Tabs.Trigger value="text">{t('campaigns.preview.text')}</Tabs.Trigger>
          </Tabs.List>
          {/* The tabs steer one frame below; a panel each would load the mail thrice. */}
          <Tabs.Content value={view} />
        </Tabs.Root>
      </Flex>
      {preview.error && !data ? (
        <ErrorState error={preview.error} onRetry={() => void preview.refetch()} />
      ) : !data ? (
        <Flex justifyContent="center" padding={8}>
          <Loader>{t('common.loading')}</Loader>
        </Flex>
      ) : data.error ? (
        <Typography textColor="danger600">{t('campaigns.preview.has-error')}</Typography>
      ) : (
        <Mail preview={data} view={view} />
      )}
    </Panel>
  );
}

function Mail({ preview, view }: { preview: PreviewDto; view: View }) {
  const t = useText();
  const header = [
    [t('campaigns.preview.from'), preview.from],
    [t('campaigns.preview.to'), preview.to],
    [t('campaigns.field.subject'), preview.subject],
  ] as const;
  return (
    <Flex direction="column" alignItems="stretch" gap={3}>
      <Box tag="dl" background="neutral100" hasRadius padding={3}>
        {header.map(([label, value]) => (
          <Flex key={label} gap={2} alignItems="baseline">
            <Typography tag="dt" variant="pi" textColor="neutral600" minWidth="6rem">
              {label}
            </Typography>
            <Typography tag="dd" variant="pi" style={{ overflowWrap: 'anywhere' }}>
              {value}
            </Typography>
          </Flex>
        ))}
      </Box>
      {view === 'text' ? (
        <Box background="neutral100" hasRadius padding={4}>
          <PlainText>{preview.text}</PlainText>
        </Box>
      ) : (
        // A frame that is wider than the column scrolls here, not the page.
        <Box overflow="auto" tabIndex={0} role="group" aria-label={t('campaigns.preview.title')}>
          <Flex justifyContent="center" minWidth={`${WIDTHS[view]}px`}>
            {/* Nothing is allowed in it: no scripts, no forms, no way out. */}
            <Frame
              title={t('campaigns.preview.frame')}
              src={preview.frameUrl}
              sandbox=""
              referrerPolicy="no-referrer"
              style={{ width: WIDTHS[view] }}
            />
          </Flex>
        </Box>
      )}
    </Flex>
  );
}
