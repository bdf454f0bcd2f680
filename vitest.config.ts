import { defineConfig } from 'vitest/config';

// These look at what becomes of containers, and at no time that passes.
const engine = ['docker', 'ledger', 'rollout', 'node', 'fallback'].map((room) => `test/${room}/**/*.e2e.ts`);
const faults = ['matrix', 'sequences', 'engine', 'proxy'].map((name) => `test/faults/${name}.e2e.ts`);
const patient = { testTimeout: 300_000, hookTimeout: 600_000 };

export default defineConfig({
  test: {
    projects: [
      // Generous, since a property is tried a hundred times and machines are shared.
      { test: { name: 'fast', include: ['test/**/*.test.ts'], testTimeout: 30_000 } },
      { test: { name: 'engine', include: [...engine, ...faults], maxWorkers: 2, ...patient } },
      {
        test: {
          name: 'e2e',
          include: ['test/**/*.e2e.ts'],
          exclude: [...engine, ...faults],
          // Each file deploys for real and measures gaps: two at once would measure each other.
          fileParallelism: false,
          ...patient,
        },
      },
    ],
    coverage: { provider: 'v8', include: ['src/**/*.ts'] },
  },
});
