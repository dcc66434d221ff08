import { useState } from 'react';
import { Box, Flex, Grid, Typography } from '@strapi/design-system';
import type { CampaignContent, CampaignDto } from '../../../../../shared/contracts';
import { useGetPreviewQuery } from '../../../api/campaigns';
import { Panel } from '../../../components/Panel';
import { useText } from '../../../components/useText';
import { BasicsFields } from './BasicsFields';
import { BodyEditor } from './BodyEditor';
import { ContentFields } from './ContentFields';
import { LanguageTabs } from './LanguageTabs';
import { PreviewPanel } from './PreviewPanel';
import type { PickedSubscriber } from './SubscriberPicker';
import type { CampaignDraft } from './useCampaignDraft';

export interface PartProps {
  campaign: CampaignDto;
  draft: CampaignDraft;
  editable: boolean;
}

/** What is sent: name, sender, template, and per language subject, preheader and body, with the preview below. */
export function ContentPart({ campaign, draft, editable }: PartProps) {
  const t = useText();
  const { values, change } = draft;
  const [wanted, setWanted] = useState(values.defaultLanguage);
  const [subscriber, setSubscriber] = useState<PickedSubscriber | null>(null);
  const content = values.contents.find((entry) => entry.language === wanted) ?? values.contents[0];
  const language = content?.language ?? values.defaultLanguage;
  const preview = useGetPreviewQuery({
    id: campaign.documentId,
    language,
    subscriber: subscriber?.documentId,
  });
  const problem = preview.currentData?.error ?? null;

  const changeContent = (patch: Partial<CampaignContent>) =>
    change({
      contents: values.contents.map((entry) =>
        entry.language === language ? { ...entry, ...patch } : entry,
      ),
    });

  return (
    <Flex direction="column" alignItems="stretch" gap={6}>
      <Panel title={t('campaigns.content.basics')}>
        <BasicsFields values={values} change={change} editable={editable} />
      </Panel>
      <Panel title={t('campaigns.content.message')}>
        <LanguageTabs
          values={values}
          change={change}
          editable={editable}
          active={language}
          onSelect={setWanted}
        />
        {content && (
          <Grid.Root gap={5} paddingTop={4}>
            <ContentFields content={content} change={changeContent} editable={editable} problem={problem} />
            <Grid.Item col={12} direction="column" alignItems="stretch">
              <BodyEditor
                key={language}
                value={content.body}
                onChange={(body) => changeContent({ body })}
                editable={editable}
                problem={problem?.where === 'body' ? problem : null}
              />
            </Grid.Item>
          </Grid.Root>
        )}
        {problem?.where === 'template' && (
          <Box paddingTop={3} role="alert">
            <Typography textColor="danger600">
              {t('campaigns.content.template-problem', { message: problem.message, line: problem.line ?? 0 })}
            </Typography>
          </Box>
        )}
      </Panel>
      <PreviewPanel
        campaign={campaign}
        language={language}
        subscriber={subscriber}
        onSubscriber={setSubscriber}
        preview={preview}
        beforeTest={draft.flush}
      />
    </Flex>
  );
}
