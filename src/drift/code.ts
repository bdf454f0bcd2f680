import type { Difference, Since } from '../deployment/drift.js';
import { expectedModules, type ImageRelease } from '../release/release.js';
import { iso, type Seen, sinceBoot, sinceParting } from './seen.js';

/** Modules that run other code than a cold boot of the image would load, or than a restart of the container would. */
export function codeDifferences(seen: Seen): readonly Difference[] {
  const { running, state, boot, meant } = seen;
  const made = new Set('unknown' in boot ? [] : [...boot.state.foreign, ...boot.state.unloaded]);
  const here = (message: string) => (subject: string) => of(seen, subject, message, sinceBoot(seen));
  return [
    ...suspects(seen).flatMap((module) => ofModule(seen, module)),
    ...state.unloaded
      .filter((module) => !made.has(module) && meant.release.version === running.version)
      .map(here('is not loaded, and a boot loads it: calling it fails')),
    ...state.foreign
      .filter((module) => !made.has(module))
      .map(here('is loaded without a file of its own: it was made or brought in at run time')),
  ];
}

/** Modules that run and are not the image's, or whose file is not: of these the node has to say what lies on its disk. */
export function suspects({
  running,
  beams,
  meant,
}: Pick<Seen, 'running' | 'beams'> & { readonly meant: Pick<Seen['meant'], 'release' | 'beams'> }): readonly string[] {
  const expected = expectedModules(meant.release);
  const ofFiles = Object.keys({ ...beams, ...meant.beams })
    .filter((path) => beams[path] !== meant.beams[path])
    // Directories of versions that only one of them has are told by the versions.
    .filter((path) => [beams, meant.beams].every((files) => has(files, path)))
    .map((path) => path.replace(/^.*\/|\.beam$/g, ''));
  const ofCode = Object.keys({ ...running.modules, ...expected }).filter(
    (module) => (running.modules[module] ?? undefined) !== expected[module],
  );
  return [...new Set([...ofCode, ...ofFiles])]
    .filter((module) => running.modules[module] != null || module in expected)
    .sort();
}

function has(files: Readonly<Record<string, string>>, path: string): boolean {
  const directory = path.replace(/[^/]*$/, '');
  return Object.keys(files).some((each) => each.startsWith(directory));
}

function ofModule(seen: Seen, module: string): readonly Difference[] {
  const { running, state, meant } = seen;
  const [runs, wanted] = [running.modules[module] ?? undefined, expectedModules(meant.release)[module]];
  if (runs === undefined) {
    return onlyInImage(seen, module)
      ? [of(seen, module, 'is in the image, and not in what runs', sinceParting(seen))]
      : [];
  }
  const file = state.files.find((each) => each.module === module);
  // Where the node was not asked, its disk says nothing against it.
  const restarts = file === undefined ? runs : file.digest;
  if (restarts !== runs) {
    return [of(seen, module, loadedByHand(runs, wanted, restarts), sinceBoot(seen))];
  }
  if (runs === wanted) {
    return [];
  }
  if (wanted === undefined) {
    return [of(seen, module, 'runs, and is not in the image', sinceParting(seen))];
  }
  // Its application has the image's version: the file in the container was exchanged.
  const exchanged = meant.madeFrom && running.version === meant.release.version && file?.changedAt != null;
  return exchanged
    ? [
        of(
          seen,
          module,
          'runs other code than the image holds, from a file that was exchanged in the container: a restart keeps it',
          {
            by: iso(file.changedAt),
            event: 'its file was written',
          },
        ),
      ]
    : [of(seen, module, 'runs other code than the image holds', sinceParting(seen))];
}

function loadedByHand(runs: string, wanted: string | undefined, restarts: string | null): string {
  if (runs === wanted) {
    return restarts === null
      ? 'runs as the image holds it, and its file is gone from the container: a restart loses it'
      : 'runs as the image holds it, and its file in the container holds other code, which a restart would load';
  }
  if (restarts === null) {
    return 'runs code of which there is no file: a restart loses it';
  }
  return restarts === wanted
    ? "was loaded by hand: a restart takes the image's code"
    : 'was loaded by hand: neither its file in the container nor the image holds that code';
}

/** Of an application that both have, and that is loaded: another version of it brings the module. */
function onlyInImage({ running, meant }: Seen, module: string): boolean {
  const owner = meant.release.applications.find(({ modules }) => module in modules);
  const loaded = running.applications.find(({ name }) => name === owner?.name);
  return owner !== undefined && loaded !== undefined && loaded.version !== owner.version;
}

function of({ meant }: Seen, subject: string, message: string, since: Since): Difference {
  return { kind: isProtocol(meant.release, subject) ? 'protocol' : 'module', subject, message, since };
}

const isProtocol = ({ protocols }: ImageRelease, module: string) => module in protocols;
