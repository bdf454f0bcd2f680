import { randomUUID } from 'node:crypto';
import type { Engine } from '../engines/engine.js';
import type { ReadScripts, Script } from './start-command.js';

const mostNames = 200;

// $1 mark, $2 number of directories, then those, then names. `[ -r ]` and the size keep it from a pipe, and from a program.
const find = `
mark=$1 count=$2; shift 2
i=0 dirs=
while [ $i -lt $count ]; do dirs="$dirs$1
"; shift; i=$((i+1)); done
show() {
  [ -f "$1" ] && [ -r "$1" ] || return 1
  [ "$(wc -c <"$1")" -le 65536 ] || return 0
  read -r first <"$1" 2>/dev/null || [ -n "$first" ] || return 0
  case $first in '#!'*sh | '#!'*sh\\ *) ;; *) return 0 ;; esac
  printf '%s %s\\n' "$mark" "$1"; cat "$1"; echo
}
for name do
  case $name in
    /*) show "$name" ;;
    *)
      IFS='
'
      hit=
      for dir in $dirs; do show "$dir/$name" && hit=1 && break; done
      case $name in */*) ;; *) [ -n "$hit" ] || { at=$(command -v "$name") && show "$at"; } ;; esac
      unset IFS ;;
  esac
done
:`;

/** Reads shell scripts inside a container. */
export function scriptsIn(engine: Engine, container: string): ReadScripts {
  return async (names, directories) => {
    const mark = `script-${randomUUID()}`;
    const { stdout } = await engine.exec(container, {
      argv: [
        'sh',
        '-c',
        find,
        'hot-deploy',
        mark,
        String(directories.length),
        ...directories,
        ...names.slice(0, mostNames),
      ],
      user: '0:0',
      timeoutMs: 30_000,
    });
    return stdout
      .toString('utf8')
      .split(`${mark} `)
      .slice(1)
      .map((part): Script => {
        const end = part.indexOf('\n');
        return { path: part.slice(0, end), text: part.slice(end + 1) };
      });
  };
}
