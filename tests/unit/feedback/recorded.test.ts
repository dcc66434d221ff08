import { describe, expect, it } from 'vitest';
import { evidenceOf } from '../../../server/src/feedback/inbound/evidence';
import { verifyMarks } from '../../../server/src/feedback/inbound/marks';
import { parseReport } from '../../../server/src/feedback/report';
import { CASES, recorded, recordedTokens, type CaseName } from '../../helpers/recorded';

const tokens = recordedTokens();

describe('reports that real mail servers made', () => {
  it('are there: three of each server, and a warning', () => {
    expect(recorded().map(({ file }) => file.replace('.eml', ''))).toEqual([
      ...['exim-full', 'exim-gone', 'exim-spam'],
      ...['opensmtpd-full', 'opensmtpd-gone', 'opensmtpd-spam'],
      ...['postfix-full', 'postfix-gone', 'postfix-later', 'postfix-spam'],
    ]);
  });

  it.each(recorded())(
    '$file says whom it is about, what happened, and which mail of ours it was',
    async (report) => {
      const parsed = await parseReport(report.raw);
      const wanted = CASES[report.name as CaseName];
      expect(parsed.kind).toBe(wanted ? 'bounce' : 'delayed');
      expect(parsed.recipients).toHaveLength(1);
      expect(parsed.recipients[0]).toMatchObject({
        recipient:
          report.name === 'later' ? 'later@example.net' : `${report.name}.${report.mailer}@example.net`,
        ...(wanted && { severity: wanted.severity, hard: wanted.severity === 'hard' }),
      });
      expect(parsed.reporter).toBe('relay.example.org');

      const byPath = verifyMarks(tokens, null, parsed.ours);
      const byId = verifyMarks(tokens, null, { ...parsed.ours, addresses: [] });
      const byLink = verifyMarks(tokens, null, { ...parsed.ours, addresses: [], messageIds: [] });
      expect([byPath.proof, byId.proof, byLink.proof]).toEqual(['verp', 'message-id', 'list-unsubscribe']);
      expect(byPath.deliveryId).toBeGreaterThan(0);
      expect([byId.deliveryId, byLink.deliveryId]).toEqual([byPath.deliveryId, byPath.deliveryId]);
      const others = verifyMarks(tokens, null, {
        addresses: [],
        messageIds: [],
        listUnsubscribe: [],
        feedbackIds: [],
      });
      expect(others.proof).toBeNull();
    },
  );

  it.each(recorded())('$file leaves evidence without the person and without our marks', (report) => {
    const kept = evidenceOf(report.raw, [`${report.name}.${report.mailer}@example.net`]);
    expect(kept).toContain('example.net');
    expect(kept).not.toContain(`${report.name}.${report.mailer}`);
    expect(kept).not.toMatch(/[bu]-[a-z2-7]+\.[a-z2-7]{16}/);
    expect(kept).not.toMatch(/こんにちは|List-Unsubscribe: </);
  });
});
