import { Box, Typography } from '@strapi/design-system';
import type { FeedbackDto } from '../../../../shared/contracts';
import { classSentence, severityText } from '../../components/reasonWords';
import { TextLink } from '../../components/TextLink';
import { useFormat } from '../../components/useFormat';
import { useText, type Text } from '../../components/useText';
import { BASE_PATH } from '../../pluginId';
import { Evidence, Facts } from './Facts';
import { wordText } from './words';

/** Everything that is known about one thing that came back, with the report itself. */
export function FeedbackFacts({ feedback }: { feedback: FeedbackDto }) {
  const t = useText();
  const format = useFormat();
  const { campaign, status, replyCode } = feedback;
  return (
    <Box>
      <Facts
        facts={[
          [t('deliverability.feedback.column.what'), wordText(t, 'kind', feedback.kind)],
          [
            t('deliverability.feedback.column.result'),
            `${wordText(t, 'result', feedback.result)} – ${wordText(t, 'why', feedback.why)}`,
          ],
          [t('deliverability.feedback.decided-by'), feedback.decidedBy],
          [t('deliverability.feedback.column.recipient'), feedback.recipient],
          [t('deliverability.feedback.reason'), reasonSentence(feedback, t)],
          [
            t('deliverability.feedback.reply'),
            [replyCode, status, feedback.text].filter((part) => part !== null && part !== '').join(' '),
          ],
          [t('deliverability.feedback.column.reporter'), feedback.reporter],
          [
            t('deliverability.feedback.source'),
            `${wordText(t, 'way', feedback.way)}${feedback.source === '' ? '' : ` – ${feedback.source}`}`,
          ],
          [t('deliverability.feedback.at'), format.dateTime(feedback.at)],
          [t('deliverability.feedback.received'), format.dateTime(feedback.receivedAt)],
          [
            t('deliverability.suppressions.column.campaign'),
            campaign && (
              <TextLink to={`${BASE_PATH}/campaigns/${campaign.documentId}`}>{campaign.name}</TextLink>
            ),
          ],
        ]}
      />
      {feedback.evidence !== null && (
        <>
          <Typography tag="p" variant="pi" textColor="neutral600">
            {t('deliverability.feedback.evidence')}
          </Typography>
          <Evidence tabIndex={0}>{feedback.evidence}</Evidence>
        </>
      )}
    </Box>
  );
}

/** What came back without a failure has no reason. */
function reasonSentence({ kind, class: word, severity }: FeedbackDto, t: Text): string | null {
  if (kind !== 'bounce' && kind !== 'delayed') return null;
  return [severityText(severity, t), classSentence(word, t) ?? word].join(' – ');
}
