import { existsSync } from 'node:fs';
import { chmod, mkdtemp, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Ran, Scripted } from './scripted.js';

/**
 * Runs a script and sends it a signal right before, or right after, its `at`-th command that changes something. It was
 * started as the leader of processes of its own, by which it is found.
 */
export async function interrupted(
  script: Scripted,
  words: readonly string[],
  {
    signal,
    at,
    when,
    among = 'create *|rename *|start *|stop *|update *|rm *|tag *',
  }: {
    readonly signal: 'KILL' | 'INT' | 'TERM' | 'HUP';
    readonly at: number;
    readonly when: 'before' | 'after';
    /** Which of the commands count: patterns of bash for their words. */
    readonly among?: string;
  },
): Promise<Ran & { readonly reached: boolean }> {
  const folder = await mkdtemp(join(dirname(script.path), 'shim-'));
  const real = (process.env['PATH'] ?? '').split(':').map((each) => join(each, 'docker'));
  await writeFile(
    join(folder, 'docker'),
    `#!/usr/bin/env bash
for real in ${real.map((path) => `'${path}'`).join(' ')}; do [[ ! -x $real ]] || break; done
case "$*" in ${among.replaceAll(' ', '\\ ').replaceAll('\\ |', '|')}) ;; *) exec "$real" "$@" ;; esac
# A line for each: their own words may have several.
echo >>${folder}/changes
strike() {
  read -r -a stat </proc/self/stat
  touch ${folder}/reached
  # What it has started goes on by itself, and has nobody to tell: a kill spares none of it.
  ${signal === 'KILL' ? 'pkill -KILL -s' : `kill -${signal}`} "\${stat[5]}"
}
count=$(wc -l <${folder}/changes)
if ((count == ${at})) && [[ ${when} == before ]]; then strike; [[ ${signal} != KILL ]] || exit 1; fi
code=0
"$real" "$@" || code=$?
if ((count == ${at})) && [[ ${when} == after ]]; then strike; fi
exit "$code"
`,
  );
  await chmod(join(folder, 'docker'), 0o755);
  const { ended } = await script.start(words, { PATH: `${folder}:${process.env['PATH']}` });
  const ran = await ended;
  return { ...ran, reached: existsSync(join(folder, 'reached')) };
}
