import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      // Generous, since a property is tried a hundred times and machines are shared.
      { test: { name: 'fast', include: ['test/**/*.test.ts'], testTimeout: 30_000 } },
      {
        test: {
          name: 'e2e',
          include: ['test/**/*.e2e.ts'],
          // Each file deploys for real and measures gaps: two at once would measure each other.
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 600_000,
        },
      },
    ],
    coverage: { provider: 'v8', include: ['src/**/*.ts'] },
  },
});
