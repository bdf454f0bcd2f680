// A reporter for Vitest: leaves what each file took, hooks included, where count.mjs looks for it.
import { appendFileSync } from 'node:fs';

export default class {
  onTestRunEnd(modules) {
    for (const each of modules) {
      const { duration, collectDuration } = each.diagnostic();
      const line = {
        file: each.relativeModuleId,
        project: each.project.name,
        ms: Math.round(duration + collectDuration),
      };
      appendFileSync('out/durations.jsonl', `${JSON.stringify(line)}\n`);
    }
  }
}
