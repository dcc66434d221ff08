/**
 * What is compared with: nodemailer's pool, which composes and signs, and keeps no books. Each recipient's mail is
 * rendered before that, from the same compiled campaign and with the same personal links as the delivery's. `BENCH_JOB`
 * is JSON, see NodemailerJob.
 */
import { createTransport } from 'nodemailer';
import { compileCampaign } from '../../server/src/compose';
import { createTokens, createUrls } from '../../server/src/tokens';
import { startClock } from './clock';
import { CITIES, LINKS, newsletter, PUBLIC_URL, SENDER } from './newsletter';
import type { NodemailerJob, Sent } from './senders';

const HEADERS = {
  'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
  'List-Id': 'News <news.example.test>',
  'Feedback-ID': 'bench:news:newsletter:0123456789ab',
  Precedence: 'bulk',
};

async function main(): Promise<void> {
  const job = JSON.parse(process.env.BENCH_JOB!) as NodemailerJob;
  const transport = createTransport({
    pool: true,
    host: '127.0.0.1',
    port: job.port,
    maxConnections: job.connections,
    maxMessages: job.maxMessages,
    disableFileAccess: true,
    ...(job.dkim && { dkim: job.dkim }),
  });
  const compiled = compileCampaign(newsletter('benchcampaign'), new Map(LINKS.map((url, i) => [url, i + 1])));
  const content = compiled.contentFor('a', 'en');
  const urls = createUrls(PUBLIC_URL, createTokens({ tokens: ['t'.repeat(32)], pepper: 'p'.repeat(32) }));
  let next = 0;
  let accepted = 0;
  const stop = startClock();
  const lane = async () => {
    while (next < job.messages) {
      const n = next++;
      const email = `reader-${n}@inbox.test`;
      const firstName = `Reader ${n}`;
      const claim = {
        subscriberId: `reader${String(n).padStart(18, '0')}`,
        addressHash: n.toString(16).padStart(32, '0'),
        deliveryId: n + 1,
      };
      const unsubscribe = urls.unsubscribe(claim);
      const { subject, html, text } = compiled.render(
        content,
        {
          email,
          firstName,
          lastName: null,
          language: 'en',
          attributes: { city: CITIES[n % CITIES.length], plan: `plan ${n % 4}` },
        },
        {
          unsubscribe,
          preferences: urls.preferences(claim),
          view: urls.view(claim.deliveryId),
          openPixel: urls.open(claim.deliveryId),
          click: (linkId) => urls.click(claim.deliveryId, linkId),
        },
      );
      await transport.sendMail({
        from: { name: SENDER.name, address: SENDER.email },
        to: { name: firstName, address: email },
        subject,
        html,
        text,
        headers: { 'List-Unsubscribe': `<${unsubscribe}>`, ...HEADERS },
      });
      accepted += 1;
    }
  };
  await Promise.all(Array.from({ length: job.slots }, lane));
  const spent = stop();
  transport.close();
  process.send?.({ ...spent, accepted, ticks: 0, rss: [] } satisfies Sent, () => process.exit(0));
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
