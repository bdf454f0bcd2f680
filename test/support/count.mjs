// Adds up what the runs of script/test counted: count.mjs STATUS REPORT... says what failed and prints the closing line.
import { existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';

const SLOWEST = 25;
// As much of a message as tells what was expected, and where.
const LINES_OF_A_MESSAGE = 12;

const [status, ...names] = process.argv.slice(2);
const total = { passed: 0, failed: 0, skipped: 0 };
for (const name of names) {
  const file = `${name}.json`;
  if (!existsSync(file)) {
    tell(`${file} is missing: that run broke off`, []);
    continue;
  }
  const report = JSON.parse(readFileSync(file, 'utf8'));
  total.passed += report.numPassedTests;
  total.skipped += report.numPendingTests + (report.numTodoTests ?? 0);
  for (const each of report.testResults) {
    const failed = each.assertionResults.filter((test) => test.status === 'failed');
    for (const test of failed) tell(`${relative('.', each.name)} > ${test.fullName}`, test.failureMessages);
    // A file that could not be loaded, or prepared, has no test that failed.
    if (each.status === 'failed' && failed.length === 0) {
      tell(relative('.', each.name), [each.message || 'what prepares its tests failed: see above']);
    }
  }
}
// Something that is no test: types or style, or an error that no test waited for.
if (status !== '0' && total.failed === 0) tell('types, style, or an error outside of the tests: see above', []);
tellSlowest();
if (total.passed + total.failed === 0) console.log('no test was found: a *.nightly.e2e.ts takes script/test --all');
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;

// Errors stand at the end of each project's run, thousands of lines above: what failed is said again where people look first.
function tell(what, messages) {
  total.failed += 1;
  console.log(`failed: ${what}`);
  for (const message of messages) {
    for (const line of message.split('\n').slice(0, LINES_OF_A_MESSAGE)) console.log(`  ${line}`);
  }
}

// So that whoever has to make the run shorter knows where to begin.
function tellSlowest() {
  if (!existsSync('out/durations.jsonl')) return;
  const lines = readFileSync('out/durations.jsonl', 'utf8').trim().split('\n').filter(Boolean);
  const files = lines.map((line) => JSON.parse(line)).sort((one, other) => other.ms - one.ms);
  console.log(`the slowest ${Math.min(SLOWEST, files.length)} of ${files.length} files, in seconds:`);
  for (const { ms, project, file } of files.slice(0, SLOWEST)) {
    console.log(`${(ms / 1000).toFixed(1).padStart(8)}  ${file} (${project})`);
  }
}
