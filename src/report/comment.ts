import type { Outcome, Report } from '../deployment/report.js';
import { withoutQuotations } from '../system/quoted.js';
import { asJson } from './as-json.js';
import { cut } from './cut.js';
import { exitCodes } from './exit-code.js';
import { escaped, fenced, link, markdown } from './markdown.js';
import { frame } from './summary.js';
import { sign, verdict } from './verdict.js';

/** One run, as the next comment tells of it. */
export interface Past {
  /** ISO 8601. */
  readonly at: string;
  readonly outcome: Outcome;
  /** The verdict. */
  readonly said: string;
  readonly runUrl?: string;
}

/** What a comment has beside the report. */
export interface CommentFrame {
  /** Earlier runs that the same comment told of, the latest first. */
  readonly history: readonly Past[];
  /** The run's own last lines. */
  readonly log?: readonly string[];
  /** Where a rollback can be started. */
  readonly rollbackUrl?: string;
}

/** Characters. GitHub turns a longer one away: https://github.com/orgs/community/discussions/41331 */
export const commentLimit = 65_536;
/** Of runs before the one that a comment is about; its mark holds as many with that one. */
export const mostHistory = 5;

/** GitHub Markdown that begins with the verdict, and ends with a mark by which the next run finds it. */
export function renderComment(whole: Report, { history, log = [], rollbackUrl }: CommentFrame): string {
  // The runner knows the job's secrets and hides them in its log and in the summary, and nobody does in a comment.
  const { output: _, releaseCommand, ...own } = whole;
  const ran = releaseCommand && { releaseCommand: { ...releaseCommand, command: '…', output: [] } };
  const report = inOwnWords({ ...own, ...ran });
  const links = rollbackUrl === undefined ? [] : [link('roll back', rollbackUrl)];
  const parts = [
    ...frame(report, { links, between: before(history) }),
    markdown({ title: 'The end of the log', kind: 'verbatim', detail: true, lines: log }),
  ].filter((part) => part !== '');
  const mark = asMark(whole.environment, [pastOf(whole), ...history].slice(0, mostHistory));
  const [text, room] = [parts.join('\n\n'), commentLimit - mark.length - 2];
  const json = machineReadable(report, room - Buffer.byteLength(text) - 2);
  return `${cut(`${text}\n\n${json}`, room)}\n\n${mark}`;
}

/** Without what is quoted of other programs, wherever it stands. */
function inOwnWords<T>(value: T): T {
  const changed = (each: unknown): unknown => {
    if (typeof each === 'string') return withoutQuotations(each);
    if (Array.isArray(each)) return each.map(changed);
    if (typeof each !== 'object' || each === null) return each;
    return Object.fromEntries(Object.entries(each).map(([key, inner]) => [key, changed(inner)]));
  };
  return changed(value) as T;
}

export const pastOf = (report: Report): Past => past(report.startedAt, report.outcome, verdict(report), report.runUrl);

/** In bounds, so that what is written and what is read back are the same. */
const past = (at: string, outcome: Outcome, said: string, runUrl: unknown): Past => ({
  at: at.slice(0, 40),
  outcome,
  said: said.slice(0, 500),
  ...(isAddress(runUrl) && { runUrl }),
});

function before(history: readonly Past[]): readonly string[] {
  if (history.length === 0) return [];
  const rows = history.map(({ at, outcome, said, runUrl }) => {
    const when = runUrl === undefined ? escaped(at) : link(at, runUrl);
    return `- ${when}: ${sign({ outcome })} ${escaped(said)}`;
  });
  return [`<details><summary>Previous runs</summary>\n\n${rows.join('\n')}\n\n</details>`];
}

/** A part of it would be no JSON, so it goes first where there is too much to say: its blanks, and then all of it. */
function machineReadable(report: Report, room: number): string {
  const folded = [asJson(report).trimEnd(), JSON.stringify(report)].map((text) => {
    const json = text.replace(unseen, escapedInJson);
    return `<details><summary>The report as JSON</summary>\n\n${fenced(json, 'json')}\n\n</details>`;
  });
  const fitting = folded.find((text) => Buffer.byteLength(text) <= room);
  return fitting ?? '_The report as JSON is too long for this place: it is in the report file._';
}

/** Marks of direction show a name as another; JSON has another way to write them. */
const unseen = /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069]/g;
const escapedInJson = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** In letters that can neither end an HTML comment nor be read as anything else. */
function asMark(environment: string, history: readonly Past[]): string {
  return `${markOf(environment)}${Buffer.from(JSON.stringify(history)).toString('base64url')} -->`;
}

/** How the mark begins of all comments about an environment. */
export function markOf(environment: string): string {
  return `<!-- hot-deploy ${Buffer.from(environment).toString('base64url')} `;
}

/** What a comment tells of earlier runs; nothing where somebody has changed it so that it cannot be read. */
export function readHistory(comment: string, environment: string): readonly Past[] {
  const at = comment.lastIndexOf(markOf(environment));
  const [, encoded = ''] = at < 0 ? [] : (/^([\w-]+) -->/.exec(comment.slice(at + markOf(environment).length)) ?? []);
  try {
    const all: unknown = JSON.parse(Buffer.from(encoded, 'base64url').toString());
    return Array.isArray(all) ? all.flatMap(pastFrom).slice(0, mostHistory) : [];
  } catch {
    return [];
  }
}

function pastFrom(value: unknown): readonly Past[] {
  const { at, outcome, said, runUrl } = Object(value) as Record<string, unknown>;
  if (typeof at !== 'string' || typeof said !== 'string' || !isOutcome(outcome)) return [];
  return [past(at, outcome, said, runUrl)];
}

const isOutcome = (value: unknown): value is Outcome => typeof value === 'string' && Object.hasOwn(exitCodes, value);
const isAddress = (value: unknown): value is string =>
  typeof value === 'string' && /^https?:\/\//.test(value) && value.length < 500;
