import type { Settings } from '../../../../shared/contracts';
import type { CampaignSnapshot } from '../../compose';

/** A short letter in a template, to look at the template by itself. */
export function sampleSnapshot(
  templateHtml: string,
  brand: Settings['brand'],
  publicUrl: string,
): CampaignSnapshot {
  return {
    campaignId: 'preview0',
    name: 'Preview',
    version: 0,
    sender: { id: 'preview', name: brand.name || 'Your organisation', email: 'news@example.com' },
    contents: [
      {
        variant: 'a',
        language: 'en',
        subject: 'A letter to look at the template',
        preheader: 'The line that inboxes show after the subject',
        body: LETTER,
      },
    ],
    defaultLanguage: 'en',
    templateHtml,
    brand,
    tracking: { opens: false, clicks: false },
    audience: { include: { lists: [], segments: [] }, exclude: { lists: [], segments: [] } },
    list: { name: 'Newsletter', slug: 'newsletter' },
    pacePerHour: null,
    publicUrl,
  };
}

const LETTER = `<h1>Hello {{firstName}}</h1>
<p>This is where the text of a campaign goes. A paragraph has a few sentences, so that you can see how long the lines are.</p>
<h2>A smaller heading</h2>
<ul><li>The first point</li><li>The second point</li></ul>
<p><a href="https://example.com">A link</a> ends the letter.</p>`;
