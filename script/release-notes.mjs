// Whether VERSION can be released as things stand in the current folder: `release-notes.mjs VERSION` prints what the
// changelog says of it, or says why not and ends with 1. Needs git and no packages.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

class Refusal extends Error {}

// Earlier and later versions are told by numbers alone, so there are no pre-releases.
const semver = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$/;

const read = (name) => readFileSync(name, 'utf8');
const numbers = (version) => semver.exec(version)?.slice(1).map(Number);

function compare(one, other) {
  const [major, minor, patch] = numbers(one).map((number, at) => number - numbers(other)[at]);
  return major || minor || patch;
}

function lastReleased() {
  const tags = execFileSync('git', ['tag', '--list', 'v*'], { encoding: 'utf8' }).split('\n');
  const versions = tags.map((tag) => tag.slice(1)).filter((version) => semver.test(version));
  return versions.sort(compare).at(-1);
}

function check(version) {
  if (!semver.test(version)) throw new Refusal(`${JSON.stringify(version)} is no version such as 1.2.3.`);
  const last = lastReleased();
  if (last !== undefined && compare(version, last) <= 0) {
    throw new Refusal(`${version} is not later than ${last}, which is released.`);
  }
  for (const file of ['package.json', 'package-lock.json']) {
    const { version: stated } = JSON.parse(read(file));
    if (stated !== version) throw new Refusal(`${file} says ${stated}, and not ${version}.`);
  }
}

function notes(version) {
  const sections = read('CHANGELOG.md').split(/^## /m).slice(1);
  const section = sections.find((each) => each.split(/\s/, 1)[0] === version);
  if (section === undefined) throw new Refusal(`CHANGELOG.md has no section "## ${version} - YYYY-MM-DD".`);
  const [heading, ...lines] = section.split('\n');
  if (!/^\S+ - \d{4}-\d{2}-\d{2}$/.test(heading)) {
    throw new Refusal(`The section "## ${heading}" of CHANGELOG.md has no date: "## ${version} - YYYY-MM-DD".`);
  }
  const text = lines.join('\n').trim();
  if (text === '') throw new Refusal(`The section "## ${heading}" of CHANGELOG.md is empty.`);
  return `${text}\n`;
}

try {
  const version = process.argv[2] ?? '';
  check(version);
  process.stdout.write(notes(version));
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
