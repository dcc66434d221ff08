import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

const FOLDER = path.resolve(__dirname, '../../../admin/src/api');

it('names every endpoint after the plugin: Strapi and other plugins share the name space', () => {
  const names = readdirSync(FOLDER).flatMap((file) =>
    [
      ...readFileSync(path.join(FOLDER, file), 'utf8').matchAll(
        /^\s+(\w+): (?:build\.(?:query|mutation)|move\()/gm,
      ),
    ].map((match) => match[1] ?? ''),
  );
  expect(names.length).toBeGreaterThan(30);
  expect(names.filter((name) => !name.startsWith('newsletter'))).toEqual([]);
  expect(new Set(names).size).toBe(names.length);
});
