import type { Ran } from '../world/command.js';
import type { Crew, Visit } from './crew.js';
import { versions } from './images.js';
import { ask, type Says, type Seen } from './look.js';

/** Each that is not kept, as a sentence. */
export type Broken = readonly string[];

const previous = '.hot-deploy-previous-';

/** What the engine has to have when nothing is under way: each once, running, and of what was before only what is kept. */
export function aloneAndRunning(crew: Pick<Crew, 'names'>, seen: readonly Seen[]): Broken {
  const missing = crew.names.filter((name) => !seen.some((one) => one.name === name));
  const down = seen.filter(({ name, running }) => crew.names.includes(name) && !running);
  // The journal stays, and the lock does not.
  const beside = seen.filter(({ name }) => !crew.names.includes(name) && !name.startsWith('hot-deploy-journal-'));
  const isKept = ({ name, running, restartPolicy }: Seen) =>
    crew.names.some((own) => name.startsWith(`${own}${previous}`)) && !running && ['', 'no'].includes(restartPolicy);
  return [
    ...missing.map((name) => `there is no container ${name}`),
    ...down.map(({ name, status }) => `${name} is ${status}`),
    ...beside.filter((one) => !isKept(one)).map(({ name, status }) => `${name} is left, ${status}`),
  ];
}

/** Of the nodes: one version in all, no other under way, none held. `ends` where it is known which. */
export function oneVersion(
  crew: Pick<Crew, 'names'>,
  says: readonly Pick<Says, 'version' | 'permanent' | 'others' | 'suspended'>[],
  ends: string | undefined,
): Broken {
  const wanted = ends ?? says[0]?.version;
  return says.flatMap(({ version, permanent, others, suspended }, at) => {
    const name = crew.names[at];
    return [
      ...(version === wanted ? [] : [`${name} runs ${version}, not ${wanted}`]),
      ...(permanent.join() === version ? [] : [`a restart of ${name} would boot ${permanent}, and it runs ${version}`]),
      ...others.filter((one) => /current/.test(one)).map((one) => `${name} has ${one}`),
      ...suspended.map((one) => `${name} holds ${one}`),
    ];
  });
}

/** The VM is the one that the client knows, with what it was told, on the connection that was open. */
export async function livedThrough(visits: readonly Visit[], seen: readonly Seen[]): Promise<Broken> {
  const all = await Promise.all(
    visits.map(async ({ container, startedAt, value, client }) => {
      const now = seen.find(({ name }) => name === container)?.startedAt;
      if (now !== startedAt) return [`${container} was started at ${now}, not at ${startedAt}`];
      const got = client
        ? await client.ask('GET kept').catch((error: unknown) => String(error))
        : (await ask(container)).value;
      return got === value ? [] : [`the client of ${container} gets ${got} where it had put ${value}`];
    }),
  );
  return all.flat();
}

/** No directory of a version that a run which went well would not have left. */
export function nothingStaged(crew: Crew, says: readonly Says[], known: readonly (readonly string[])[]): Broken {
  return says.flatMap(({ directories }, at) =>
    known.some((one) => one.join() === directories.join())
      ? []
      : [
          `${crew.names[at]} has ${directories.join(' ')}; after runs that went well: ${known.map((one) => one.join(' ')).join(' or ')}`,
        ],
  );
}

/** A run that ended by itself says what is true. `failed` says only that manual intervention is required. */
export function saysTrue(
  { report }: Ran,
  way: { from: 1 | 2; to: 1 | 2 },
  says: readonly (Says | undefined)[],
): Broken {
  if (report === undefined || report.outcome === 'failed') return [];
  const [wanted, isMade] = report.outcome === 'deployed' ? [versions[way.to], true] : [versions[way.from], false];
  if (report.outcome === 'unchanged') return [];
  return says.flatMap((each) => {
    if (each === undefined) return [`the run said ${report.outcome}, and a node does not answer`];
    if (each.version !== wanted) return [`the run said ${report.outcome}, and a node runs ${each.version}`];
    return isMade && each.permanent.join() !== wanted
      ? [`the run said deployed, and a restart would boot ${each.permanent}`]
      : [];
  });
}
