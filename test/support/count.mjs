// Adds up what the runs of script/test counted: count.mjs STATUS REPORT... prints the closing line.
import { existsSync, readFileSync } from 'node:fs';

const [status, ...names] = process.argv.slice(2);
const total = { passed: 0, failed: 0, skipped: 0 };
for (const name of names) {
  const file = `${name}.json`;
  if (!existsSync(file)) {
    total.failed += 1;
    continue;
  }
  const report = JSON.parse(readFileSync(file, 'utf8'));
  total.passed += report.numPassedTests;
  total.skipped += report.numPendingTests + (report.numTodoTests ?? 0);
  // A file that could not be loaded has no test that could fail.
  const broken = report.testResults.filter((each) => each.status === 'failed' && each.assertionResults.length === 0);
  total.failed += report.numFailedTests + broken.length;
}
// Types or style: one more thing that failed.
if (status !== '0' && total.failed === 0) total.failed = 1;
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
