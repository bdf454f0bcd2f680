import { appendFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { previewOf } from '../config/places.js';
import type { Report } from '../deployment/report.js';
import { writeFile } from '../system/write-file.js';
import { asJson } from './as-json.js';
import { renderComment } from './comment.js';
import { cut } from './cut.js';
import { renderPreview } from './preview.js';
import { verdict } from './verdict.js';

/** GitHub drops the whole summary of a step that is larger. */
const summaryLimit = 1024 * 1024;

/** Writes the report to `path`, and makes the folder for it. */
export async function writeReport(report: Report, path: string): Promise<void> {
  try {
    await writeFile(path, asJson(report));
  } catch (cause) {
    throw new Error(`The report could not be written to ${path}. Name another file with \`report\`.`, { cause });
  }
}

/** Writes the comment as a page beside the report, and answers where it is. */
export async function writePreview(report: Report, log: readonly string[], reportPath: string): Promise<string> {
  const path = previewOf(reportPath);
  try {
    await writeFile(path, renderPreview(renderComment(report, { history: [], log }), verdict(report), report.timeline));
    return path;
  } catch (cause) {
    throw new Error(`The preview could not be written to ${path}.`, { cause });
  }
}

/** What a run leaves in this folder, if there is one, is no part of the repository around it. */
export async function keepFromGit(folder: string): Promise<void> {
  const isUnkept = await readdir(folder).then(
    (names) => !names.includes('.gitignore'),
    () => false,
  );
  if (isUnkept) await writeFile(join(folder, '.gitignore'), '*\n').catch(() => undefined);
}

/** Adds a summary to `path`, the file which the runner names in GITHUB_STEP_SUMMARY. */
export async function writeSummary(summary: string, path: string): Promise<void> {
  await appendFile(path, cut(summary, summaryLimit));
}
