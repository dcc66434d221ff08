import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const TSX = pathToFileURL(path.join(ROOT, 'node_modules/tsx/dist/loader.mjs')).href;
const fixture = (name: string) => path.join(ROOT, 'tests/fixtures/bounces', name);

/** In a folder that is no project. */
const command = (args: string[], input?: Buffer) =>
  spawnSync(
    process.execPath,
    ['--import', TSX, path.join(ROOT, 'server/src/cli/index.ts'), 'bounce', ...args],
    {
      cwd: mkdtempSync(path.join(os.tmpdir(), 'newsletter-bounce-')),
      encoding: 'utf8',
      input,
    },
  );

describe('bounce parse', () => {
  it('prints a line of JSON a mail, and goes on after a file that cannot be read', () => {
    const other = path.join(mkdtempSync(path.join(os.tmpdir(), 'newsletter-bounce-')), 'other.eml');
    writeFileSync(other, 'From: Hanako <hanako@example.com>\nSubject: unsubscribe\n\n');
    const gone = fixture('postfix-gone.eml');
    const { stdout, stderr, status } = command(
      ['parse', gone, 'no-such.eml', other, '-'],
      readFileSync(fixture('exim-full.eml')),
    );
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(lines).toEqual([
      {
        file: gone,
        kind: 'bounce',
        recipients: [
          {
            recipient: 'gone.postfix@example.net',
            reason: 'userunknown',
            hard: true,
            status: '5.1.1',
            replyCode: '550',
          },
        ],
      },
      {
        file: other,
        kind: 'unsubscribe',
        feedbackType: 'opt-out',
        recipients: [
          { recipient: 'hanako@example.com', reason: 'feedback', hard: false, status: '', replyCode: '' },
        ],
      },
      {
        file: '-',
        kind: 'bounce',
        recipients: [
          {
            recipient: 'full.exim@example.net',
            reason: 'mailboxfull',
            hard: false,
            status: '5.2.2',
            replyCode: '552',
          },
        ],
      },
    ]);
    expect(stderr).toContain('no-such.eml could not be read: ENOENT');
    expect(status).toBe(1);
  });

  it('says how it is used', () => {
    for (const args of [['parse'], ['eat', 'x']]) {
      const { status, stderr } = command(args);
      expect(status, args.join(' ')).toBe(2);
      expect(stderr).toContain('strapi-newsletter --help');
    }
  });
});
