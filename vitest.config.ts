import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * The files that take longest, in the order in which they start: a long one that starts last would leave the other
 * core without work. Browsers and builds, which want a core each, stand beside tests that wait for other processes.
 */
const FIRST = [
  'integration/packaging',
  'integration/faults',
  'e2e/campaigns',
  'integration/databases',
  'integration/workers',
  'e2e/audience',
  'integration/lifecycle',
  'e2e/deliverability',
  'integration/timing',
  'e2e/publish',
  'integration/imports',
  'e2e/imports',
  'integration/pacing',
  'unit/audience-import/large',
  'unit/feedback/mailbox',
].map((name) => `/tests/${name}.test.ts`);
const PROJECTS = ['e2e', 'integration', 'unit'];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId, project }: TestSpecification) => {
      const index = FIRST.findIndex((end) => moduleId.endsWith(end));
      return index >= 0 ? index : FIRST.length + PROJECTS.indexOf(project.name);
    };
    // Among equals: what took longest in the run before, where its times are known.
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}

const node = {
  environment: 'node' as const,
  include: [] as string[],
  // The default of a second fails on a machine with other work, and says nothing about the code.
  expect: { poll: { timeout: 30_000 } },
};

export default defineConfig({
  test: {
    // Two files of any kind at a time: nearly all of them wait for other processes most of the time.
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          ...node,
          name: 'unit',
          include: ['tests/unit/**/*.test.{ts,tsx}'],
          testTimeout: 150_000,
          hookTimeout: 150_000,
        },
      },
      {
        test: {
          ...node,
          name: 'integration',
          include: ['tests/integration/**/*.test.ts'],
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
      {
        test: {
          ...node,
          name: 'e2e',
          include: ['tests/e2e/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 240_000,
        },
      },
    ],
  },
});
