import { configDefaults, defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { everything } from './test/support/tier.js';

// Libraries as they are for those who deploy: micromark looks after itself else, which takes its time.
process.env['NODE_ENV'] = 'production';

// The container tests of the quick tier. `script/test --all` runs every file, and a file comes in here once it has shown that
// it passes in its place: the whole run takes about 20 minutes.
const quick = [
  ...['engines/build', 'engines/engine', 'engines/exec', 'engines/tcp', 'node/agent'],
  ...['transitions/random', 'transitions/transitions'],
  ...['e2e/appups', 'e2e/cluster', 'e2e/corpus', 'e2e/github', 'e2e/modules', 'e2e/relup', 'e2e/same-version'],
  ...['e2e/restart', 'e2e/rollback', 'e2e/status'],
  ...['fallback/deploy', 'faults/engine', 'faults/matrix', 'faults/sequences', 'journal/lock'],
  'security/containers',
].map((name) => `test/${name}.e2e.ts`);

// These measure what passes while they deploy: two at once would measure each other.
const quickMeasuring = ['test/probe/container.e2e.ts', 'test/faults/soak.e2e.ts'];
const measuring = [
  ...['cancellation', 'hot', 'workflows'].map((name) => `test/e2e/${name}{,.nightly}.e2e.ts`),
  ...quickMeasuring,
  'test/probe/probe.measured.ts',
  // These say how long something may take.
  ...['strategies/recreate/recreate', 'strategies/recreate/kept'].map((name) => `test/${name}.e2e.ts`),
];
// What is polled for is waited for: a second, as by default, is less than a busy engine may take to notice an end.
const patient = { testTimeout: 300_000, hookTimeout: 600_000, expect: { poll: { timeout: 60_000 } } };

// What takes other programs: bash with the script, git, the bundle, compilers. Without them the others take under two minutes.
const programs = [
  ...['fallback/*', 'security/script*', 'security/context', 'security/secrets-argv', 'recovery/table'],
  ...['source/git', 'source/run-commit', 'report/doors', 'bundle', 'release', 'support/load/load'],
].map((name) => `test/${name}.test.ts`);
const together = {
  // To start a process and load the libraries anew for each file takes longer than most files.
  isolate: false,
  setupFiles: 'test/support/fresh.ts',
  // As many as there are cores: Vitest leaves one of them out.
  maxWorkers: '100%',
  // Generous, since a property is tried a hundred times and machines are shared.
  testTimeout: 120_000,
  expect: { poll: { timeout: 60_000 } },
};

// Minutes each, some of them of a few lines: without a cache Vitest begins with the largest file, and so would end with these
// while the other worker has nothing left to do.
const longest = [
  ...[
    'faults/matrix',
    'transitions/transitions',
    'e2e/rollback',
    'security/containers',
    'e2e/restart',
    'e2e/corpus',
    'faults/engine',
    'transitions/random',
  ],
  ...['e2e/release-command', 'e2e/refusal', 'e2e/status', 'faults/sequences', 'e2e/rehearsal'],
  ...['e2e/hostile', 'e2e/compared', 'e2e/rehearsal-isolation', 'journal/lock-deploys', 'fallback/faults'],
  ...['strategies/recreate/faults', 'e2e/appups'],
].map((name) => `/test/${name}.e2e.ts`);

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const at = longest.findIndex((name) => moduleId.endsWith(name));
      return at < 0 ? longest.length : at;
    };
    return (await super.sort(files)).sort((one, other) => rank(one) - rank(other));
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'fast',
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...programs],
          ...together,
        },
      },
      { test: { name: 'programs', include: programs, ...together } },
      {
        test: {
          name: 'browser',
          include: ['test/**/*.browser.ts'],
          globalSetup: 'test/support/browser/begin.ts',
          isolate: false,
          maxWorkers: 1,
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'engine',
          include: everything ? ['test/**/*.e2e.ts'] : quick,
          exclude: measuring,
          maxWorkers: 2,
          ...patient,
        },
      },
      {
        test: {
          name: 'measured',
          include: everything ? measuring : quickMeasuring,
          fileParallelism: false,
          ...patient,
        },
      },
    ],
    coverage: { provider: 'v8', include: ['src/**/*.ts'] },
  },
});
