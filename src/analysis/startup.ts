import type { ContainerDetails, ImageDetails } from '../engines/details.js';
import { againstAll } from '../reasons/make.js';
import type { Reason } from '../reasons/reason.js';
import { newMigrations, readMigrators } from '../release/migrations.js';
import type { FileDigests, RunningRelease } from '../release/release.js';
import { scriptsIn } from '../release/scripts.js';
import { type ReadScripts, readStart, startCommandOf } from '../release/start-command.js';
import type { Tree } from '../release/supervision.js';
import type { Cache } from './cache.js';
import type { AnalysisContext } from './context.js';
import { judgeStartup, type Startup } from './migration-rules.js';

/** What a start of the container does that a hot load does not, and what waits for it. */
export interface StartupAnalysis {
  /** Reasons that a hot load gives, or closes it by. */
  hot(trees: Omit<Startup['trees'], 'apart'>): Promise<readonly Reason[]>;
  /** Remarks for a restart, which runs by itself whatever a start runs. */
  restart(running?: () => Promise<Tree>): Promise<readonly Reason[]>;
}

export function analyzeStartup(
  site: AnalysisContext,
  of: { readonly container: ContainerDetails; readonly oldImage: ImageDetails },
  old: { readonly files: FileDigests; readonly applications?: RunningRelease['applications'] },
  shared: Cache,
): StartupAnalysis {
  const { inputs, next, workshop, image } = site;
  const command = startCommandOf(of.container, of.oldImage, image);
  const mounted = of.container.Mounts.map(({ Destination: at }) => at);
  const start = () =>
    shared('start', JSON.stringify([command, mounted.length > 0 && of.container.Id]), () =>
      readStart(command, next, reader(site, of.container)),
    );
  const judged = async (trees: Startup['trees']): Promise<readonly Reason[]> => {
    const { tasks, ignoresCommand } = await start();
    if (inputs.releaseCommand !== undefined) {
      return ignoresCommand === undefined ? [] : [ignores(ignoresCommand)];
    }
    const files = newMigrations(old, next);
    const migrators =
      files.length === 0
        ? { runners: [], starters: [] }
        : await shared('migrators', next.root, () => readMigrators(workshop, next));
    return judgeStartup({ files, tasks, migrators, trees });
  };
  return {
    hot: ({ running, boot }) => {
      const apart = inputs.rehearseEnv.length > 0;
      // With `from` the one that runs was booted apart, too.
      const own = inputs.from !== undefined && apart ? {} : running && { running };
      return judged({ ...own, ...(boot && { boot }), apart });
    },
    restart: async (running) => {
      const isAsked = inputs.releaseCommand !== undefined;
      if (!isAsked && newMigrations(old, next).length === 0) return [];
      const tree = isAsked ? undefined : await running?.();
      const reasons = await judged({ apart: false, ...(tree && { running: tree }) });
      // Whatever a start runs, it runs.
      return reasons.filter(({ blocks }) => blocks.includes('recreate') || blocks.length === 0);
    },
  };
}

function ignores(entrypoint: string): Reason {
  return againstAll(
    'entrypoint-ignores-command',
    entrypoint,
    `${entrypoint} does not run the command that a container is given, so it would start the release instead of release-command. End it with exec "$@", and give the start by CMD.`,
  );
}

/** Scripts of the new image, and in their place those that the container mounts. */
function reader({ engine, workshop }: AnalysisContext, { Id: id, Mounts }: ContainerDetails): ReadScripts {
  const image = scriptsIn(engine, workshop.container);
  if (Mounts.length === 0) return image;
  const own = scriptsIn(engine, id);
  const isMounted = (path: string) => Mounts.some(({ Destination: at }) => path === at || path.startsWith(`${at}/`));
  return async (names, directories) => {
    const [brought, there] = await Promise.all([image(names, directories), own(names, directories)]);
    return [...brought.filter(({ path }) => !isMounted(path)), ...there.filter(({ path }) => isMounted(path))];
  };
}
