import { open, readdir } from 'node:fs/promises';
import { join, posix } from 'node:path';
import type { Report } from '../deployment/report.js';
import type { ReasonCode } from '../reasons/codes.js';
import type { Reason } from '../reasons/reason.js';
import { findClone, placeIn } from '../source/clone.js';

/** What GitHub shows beside a file's line in the changes of a pull request. */
export interface Annotation {
  /** Below the repository's root. */
  readonly file: string;
  readonly line: number;
  readonly title: string;
  readonly message: string;
}

/** GitHub shows no more of a step. https://github.com/orgs/community/discussions/26680 */
const most = 10;
/** A repository with more files than this is not searched to its end: an annotation is a help, and no promise. */
const mostFiles = 20_000;
const skipped = new Set(['.git', '_build', 'deps', 'node_modules', '.elixir_ls', 'cover', 'priv', 'assets']);
/** `defmodule` stands near the beginning. */
const looksAt = 64 * 1024;

const titles: Partial<Readonly<Record<ReasonCode, string>>> = {
  'state-shape-changed': 'A code_change is missing',
  'appup-missing': 'The appup has no entry for what runs',
  'appup-unreadable': 'The appup cannot be read',
  'appup-incomplete': 'The appup is incomplete',
};

/**
 * Which files the reasons are about that somebody can mend by writing code; those whose file is not found are left out.
 *
 * @param folder the `context`, anywhere in a clone
 */
export async function annotations(report: Report, folder: string): Promise<readonly Annotation[]> {
  const reasons = unique([...report.reasons, ...report.containers.flatMap((container) => container.reasons)]);
  const mendable = reasons.filter(({ code }) => titles[code] !== undefined);
  if (mendable.length === 0) return [];
  const files = await sources(folder, '', { left: mostFiles });
  const found: Annotation[] = [];
  for (const { code, subject, message } of mendable) {
    const place = code === 'state-shape-changed' ? await ofModule(folder, files, subject) : ofAppup(files, subject);
    if (place !== undefined && found.length < most) found.push({ ...place, title: titles[code] ?? '', message });
  }
  const clone = await findClone(folder);
  // However the clone lies in the job's folder.
  const below = clone === undefined ? folder : await placeIn(clone, folder);
  return found.map((each) => ({ ...each, file: posix.join(below, each.file) }));
}

function unique(reasons: readonly Reason[]): readonly Reason[] {
  return [...new Map(reasons.map((reason) => [`${reason.code} ${reason.subject}`, reason])).values()];
}

interface Place {
  readonly file: string;
  readonly line: number;
}

/** `Shop.Cart` is defined somewhere in an `.ex`; `shop_cart` is the name of its file. */
async function ofModule(folder: string, files: readonly string[], module: string): Promise<Place | undefined> {
  const erlang = files.find((file) => file.endsWith(`/${module}.erl`) || file === `${module}.erl`);
  if (erlang !== undefined) return { file: erlang, line: 1 };
  if (!/^[A-Z]\w*(\.[A-Z]\w*)*$/.test(module)) return undefined;
  const definition = new RegExp(`^\\s*defmodule\\s+${module.replaceAll('.', '\\.')}\\s+do\\b`, 'm');
  for (const file of files.filter((each) => each.endsWith('.ex'))) {
    const text = await beginning(join(folder, file)).catch(() => '');
    const at = definition.exec(text)?.index;
    if (at !== undefined) return { file, line: text.slice(0, at).split('\n').length + leadingLines(text, at) };
  }
  return undefined;
}

/** The pattern takes blank lines before the word with it. */
function leadingLines(text: string, at: number): number {
  return (/^\s*/.exec(text.slice(at))?.[0].match(/\n/g) ?? []).length;
}

/** An appup of the application where there is one, else what describes the application. */
function ofAppup(files: readonly string[], subject: string): Place | undefined {
  const [application = ''] = subject.split(':');
  const own = files.find((file) => file.startsWith(`rel/appups/${application}/`));
  if (own !== undefined) return { file: own, line: 1 };
  const wanted = [
    ...['appup', 'appup.src', 'app.src'].map((ending) => `${application}.${ending}`),
    `apps/${application}/mix.exs`,
    'mix.exs',
  ];
  for (const name of wanted) {
    const file = files.find((each) => each === name || each.endsWith(`/${name}`));
    if (file !== undefined) return { file, line: 1 };
  }
  return undefined;
}

/** Paths below the folder, with slashes; links are not followed. */
async function sources(folder: string, below: string, budget: { left: number }): Promise<readonly string[]> {
  const entries = await readdir(join(folder, below), { withFileTypes: true }).catch(() => []);
  const files: string[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (budget.left <= 0) break;
    budget.left -= 1;
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory() && !skipped.has(entry.name)) files.push(...(await sources(folder, path, budget)));
    else if (entry.isFile() && /\.(ex|erl|exs|app\.src|appup|appup\.src)$/.test(entry.name)) files.push(path);
  }
  return files;
}

async function beginning(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(looksAt) });
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}
