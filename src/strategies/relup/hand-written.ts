import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { HandWritten } from '../../hot-load/comparison.js';
import { parents } from '../../hot-load/old.js';
import { map, type Term, text } from '../../node/term.js';
import { file, packEntries } from '../../release/archive.js';
import type { ApplicationChange } from '../../release/compare.js';
import type { Toolbox } from '../../release/toolbox.js';
import { messageOf } from '../../system/message-of.js';
import { readPlainFile } from '../../system/plain-file.js';
import { type Is, isText, listOf, membersOf, oneOf, optional } from '../../system/shape.js';

const given = '/hot-deploy/given';
const mostBytes = 4 * 1024 * 1024;

/**
 * Puts the hand-written appups of the changed applications where systools and the bundle take them from, and has them
 * read by the new release's own runtime. A file of the repository names exactly one way, so it comes before the image's.
 */
export async function placeHandWritten(
  workshop: Toolbox,
  context: string,
  changed: readonly ApplicationChange[],
): Promise<readonly HandWritten[]> {
  const found = await Promise.all(
    changed.map(async (change) => ({ change, own: await fromRepository(context, change) })),
  );
  const unread = found.flatMap(({ change: { name: application, from, to }, own: { path: file, why } = {} }) =>
    file === undefined || why === undefined ? [] : [{ application, from, to, file, kind: 'unreadable' as const, why }],
  );
  if (unread.length > 0) return unread;
  const written = found.filter(({ change, own }) => change.appup || own !== undefined);
  const placed = written.length === 0 ? [] : await place(workshop, written);
  const rest = found.filter(({ change, own }) => !change.appup && own === undefined);
  const others = await Promise.all(rest.map(({ change }) => otherWays(context, change)));
  return [...placed, ...others.flat()];
}

interface Found {
  readonly change: ApplicationChange;
  /** With `why` where it cannot be read. */
  readonly own: { readonly path: string; readonly content: Buffer; readonly why?: string } | undefined;
}

async function place(workshop: Toolbox, written: readonly Found[]): Promise<readonly HandWritten[]> {
  const files = written.flatMap(({ change, own }) =>
    own === undefined ? [] : [file(`${given}/${change.name}.appup`.slice(1), own.content)],
  );
  await workshop.put('/', await packEntries([...parents(given), ...files]));
  const argument = map({
    path: [text(`${workshop.root}/lib/sasl-*/ebin`)],
    applications: written.map(
      ({ change, own }): Term =>
        map({
          application: text(change.name),
          from: text(change.from),
          to: text(change.to),
          ebin: text(`${change.toDirectory}/ebin`),
          image: change.appup,
          given: own === undefined ? { atom: 'none' } : text(`${given}/${change.name}.appup`),
        }),
    ),
  });
  const request = { module: 'hot_deploy_appup', function: 'place', argument };
  const answers = await workshop.ask<readonly Judged[]>(request, listOf(isJudged));
  return written.flatMap(({ change, own }, at) => {
    const { name, from, to, toDirectory } = change;
    const answer = answers[at];
    return answer === undefined
      ? []
      : [{ ...answer, from, to, file: own?.path ?? `${toDirectory}/ebin/${name}.appup in the image` }];
  });
}

type Judged = Pick<HandWritten, 'application' | 'kind' | 'why'>;
const isJudged: Is<Judged> = membersOf({
  ...{ application: isText, kind: oneOf('usable', 'missing', 'unreadable'), why: optional(isText) },
});

async function fromRepository(context: string, { name, from, to }: ApplicationChange): Promise<Found['own']> {
  if (leadsElsewhere(name, from, to)) {
    return undefined;
  }
  const path = repositoryFile(name, from, to);
  try {
    return { path, content: await readPlainFile(join(context, path), mostBytes, context) };
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) {
      return undefined;
    }
    return { path, content: Buffer.alloc(0), why: messageOf(error) };
  }
}

/** Who writes how to come to this version from others does not leave it to be generated. */
async function otherWays(context: string, { name, from, to }: ApplicationChange): Promise<readonly HandWritten[]> {
  if (leadsElsewhere(name, from, to)) {
    return [];
  }
  const folder = dirname(repositoryFile(name, from, to));
  const names = await readdir(join(context, folder)).catch(() => []);
  const ending = `_to_${to}.appup`;
  const versions = names.filter((each) => each.endsWith(ending)).map((each) => each.slice(0, -ending.length));
  const why = `it says only how to come from ${versions.sort().join(', ')}`;
  return versions.length === 0 ? [] : [{ application: name, from, to, file: folder, kind: 'missing', why }];
}

function leadsElsewhere(...parts: readonly string[]): boolean {
  return parts.some((part) => part.includes('/'));
}

/** Where the repository holds an appup for exactly one way. */
export function repositoryFile(application: string, from: string, to: string): string {
  return `rel/appups/${application}/${from}_to_${to}.appup`;
}
