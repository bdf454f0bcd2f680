import { against, few, remark } from '../reasons/make.js';
import type { Reason } from '../reasons/reason.js';
import type { Migrators } from '../release/migrations.js';
import { plainName, plainPlace } from '../release/modules.js';
import type { StartTask } from '../release/start-command.js';
import type { Supervised, Tree } from '../release/supervision.js';
import { quoted } from '../system/quoted.js';

/** What a start of the container does beside starting the release, and what waits to be done by it. */
export interface Startup {
  /** New migrations. */
  readonly files: readonly string[];
  readonly tasks: readonly StartTask[];
  readonly migrators: Migrators;
  /** As production runs, and as the new release comes up apart with variables of its own where `apart` says so. */
  readonly trees: { readonly running?: Tree; readonly boot?: Tree; readonly apart: boolean };
}

/** Pure. Only for a deploy without a release command: with one the migrations are its concern. */
export function judgeStartup(startup: Startup): readonly Reason[] {
  const { files, tasks } = startup;
  const [first] = files;
  const [task] = tasks;
  if (first === undefined) {
    return task === undefined
      ? []
      : [
          remark(
            'start-command-skipped',
            task.where,
            `${who(task)}, which a hot load does not do. Give it to release-command if the new release needs it.`,
          ),
        ];
  }
  const names = files.map((path) => path.slice(path.lastIndexOf('/') + 1));
  const are = `${few(names, 3)} ${files.length === 1 ? 'is a new migration' : 'are new migrations'}`;
  const them = files.length === 1 ? 'it' : 'them';
  const advice = 'release-command (such as bin/migrate), which runs once before the first container changes';
  const by = atStart(startup);
  return by === undefined
    ? [
        remark(
          'migrations-pending',
          first,
          `${are}, and nothing is known to run ${them} when a container starts: without ${them} the new code meets the old schema. Give ${them} to ${advice}, unless that has happened already.`,
        ),
      ]
    : [
        against(
          'migrations-pending',
          first,
          `${are}, and ${by} when a container starts, which a hot load does not do: it takes a restart. To stay hot, give ${them} to ${advice}.`,
        ),
      ];
}

/** Who runs migrations at a start, in words; undefined where nobody is known to. */
function atStart({ tasks: [task], migrators, trees }: Startup): string | undefined {
  if (task !== undefined) return who(task);
  const children = [trees.running, trees.boot].map((tree) =>
    tree === undefined ? [] : migratingChildren(tree, migrators),
  );
  const [running = [], boot = []] = children;
  const runs = [...running, ...boot].find(({ skips }) => !skips);
  if (runs !== undefined) return `${runs.place} runs migrations`;
  // That it skips them apart may be due to the variables it was given there.
  const skips = running.length > 0 || (boot.length > 0 && !trees.apart);
  const starter = migrators.starters.find(({ migrator }) => !(skips && migrator === migratorModule));
  return (
    starter &&
    `the start of ${starter.application} (${plainName(starter.module)}) leads to ${plainName(starter.migrator)}`
  );
}

const who = ({ where, statement }: StartTask) => `${where} runs ${quoted(statement)}`;

const migratorModule = 'Elixir.Ecto.Migrator';

interface Child {
  readonly place: string;
  readonly skips: boolean;
}

/** Children that Ecto's migrator is, or what has to do with it; and those named after migrations that answered `ignore`. */
function migratingChildren(tree: Tree, { runners }: Migrators): readonly Child[] {
  const below = (place: string, node: Supervised): readonly Child[] => {
    const start = node.spec?.start ?? '';
    const names = [migratorModule, ...runners].some((name) => start.includes(`'${name}'`));
    const ended = node.running === false && /^\{'?[\w.]*migrat/i.test(start);
    const own = names || ended ? [{ place: plainPlace(place), skips: /\{skip,true\}/.test(start) }] : [];
    return [...own, ...(node.children ?? []).flatMap((child) => below(`${place}/${child.id}`, child))];
  };
  return Object.entries(tree).flatMap(([name, top]) => below(name, top));
}
