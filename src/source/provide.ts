import { realpath } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import type { From } from '../config/from.js';
import { imageOfCommit } from '../config/image-of-commit.js';
import type { Inputs } from '../config/inputs.js';
import type { ComparedWith } from '../deployment/report.js';
import type { Deployed, RunContext } from '../deployment/run-context.js';
import { buildImage } from '../engines/build.js';
import type { Engine } from '../engines/engine.js';
import { Refusal } from '../reasons/refusal.js';
import { revisionLabel, withCommit } from '../release/revision.js';
import { messageOf } from '../system/message-of.js';
import { isBelow } from '../system/plain-file.js';
import { runProgram } from '../system/run-program.js';
import { baseCommit } from './base-commit.js';
import { checkedOut, type Remote } from './commit-files.js';
import { type Git, openGit } from './git.js';
import { notBuilt } from './not-built.js';
import { githubRun } from './run.js';

/** The image that stands for what runs, where no container of it is at hand. */
export interface OriginImage {
  /** Under which people know it. */
  readonly name: string;
  readonly id: string;
  readonly comparedWith: ComparedWith;
}

type Asked = Pick<Inputs, 'build' | 'context' | 'environment' | 'githubToken' | 'image'>;
type Around = Pick<RunContext, 'deployments' | 'environment' | 'log' | 'signal'>;

/** A commit that ran, or will be merged into, and how it is told of. */
interface Origin {
  readonly commit: string;
  /** References that may name its image, the likeliest first. */
  readonly images: readonly string[];
  readonly comparedWith: Omit<ComparedWith, 'image'>;
}

/**
 * Finds or makes the image that what is new is compared with. Nothing of production is asked.
 *
 * @throws Refusal where none can be had
 */
export async function provideFrom(engine: Engine, from: From, inputs: Asked, world: Around): Promise<OriginImage> {
  if (from.kind === 'image') {
    const found = await engine.findImage(from.reference);
    if (found === undefined) {
      throw new Refusal(`\`from\` is ${from.reference}, and the engine has no such image. Pull it first.`);
    }
    const { reference: image } = from;
    return { name: image, id: found.Id, comparedWith: { what: 'image', image } };
  }
  let opened: Promise<Git> | undefined;
  const git = () => (opened ??= openGit(inputs.context, world.environment, world.signal));
  try {
    const deployed = from.kind === 'last-deployment' ? await lastDeployment(inputs, world) : undefined;
    const origin = deployed ?? (await baseBranch(await git(), inputs, world));
    const { commit, comparedWith } = origin;
    const existing = await atHand(engine, origin, world);
    const image = existing ?? (await built(engine, git, commit, inputs, world));
    const name = image.reference ?? commit.slice(0, 12);
    return { name, id: image.id, comparedWith: { ...comparedWith, image: name } };
  } finally {
    await opened?.then(
      ({ close }) => close(),
      () => undefined,
    );
  }
}

/** Undefined where none is known, or the record cannot be asked: which of the two it is the log says. */
async function lastDeployment(inputs: Asked, world: Around): Promise<Origin | undefined> {
  const last = await askedRecord(inputs, world);
  if (last === undefined) return undefined;
  const { environment } = world;
  const { commit, at, image } = last;
  return {
    commit,
    images: [...(image === undefined ? [] : [image]), ...likely(inputs, environment, commit)],
    comparedWith: { what: 'last-deployment', commit, ...(at !== undefined && { at }) },
  };
}

async function askedRecord({ environment: name }: Asked, { deployments, log }: Around): Promise<Deployed | undefined> {
  const instead = 'what is new is compared with the base branch.';
  if (deployments === undefined) {
    log.info(`The record of deployments cannot be asked without a \`github-token\`: ${instead}`);
    return undefined;
  }
  try {
    const last = await deployments.last(name);
    if (last === undefined) log.info(`No deployment to ${name} is on record that says what runs: ${instead}`);
    return last;
  } catch (error) {
    const why = `${messageOf(error)}; it takes \`permissions: deployments: read\``;
    log.warning(`The last deployment to ${name} could not be asked for (${why}): ${instead}`);
    return undefined;
  }
}

async function baseBranch(git: Git, inputs: Asked, { environment }: Around): Promise<Origin> {
  const commit = await baseCommit(git, await githubRun(environment));
  return { commit, images: likely(inputs, environment, commit), comparedWith: { what: 'base-branch', commit } };
}

/** What a commit's image is called where each commit's image is called by it. */
function likely({ image }: Asked, environment: NodeJS.ProcessEnv, commit: string): readonly string[] {
  const { GITHUB_SHA: own } = environment;
  const alike = own && image?.includes(own) ? [image.replaceAll(own, commit)] : [];
  const usual = imageOfCommit(environment, commit);
  return [...new Set([...alike, ...(usual === undefined ? [] : [usual])])];
}

interface Image {
  readonly id: string;
  /** Absent where it has no name. */
  readonly reference?: string;
}

/** One that the engine has, or can get, and that is of the commit beyond doubt: a name can stand for another one by now. */
async function atHand(engine: Engine, { images, commit }: Origin, world: Around): Promise<Image | undefined> {
  const known = async (reference: string) => {
    const found = await engine.findImage(reference);
    const isOf = reference.includes(commit) || found?.Config.Labels?.[revisionLabel] === commit;
    return found !== undefined && isOf ? { id: found.Id, reference } : undefined;
  };
  for (const reference of images) {
    const found = await known(reference);
    if (found !== undefined) return found;
  }
  for (const reference of images.filter(namesRegistry)) {
    const found = (await pulled(engine, reference, world)) ? await known(reference) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Without a host the name would be Docker Hub's, where somebody else may own what here was only ever built. */
function namesRegistry(reference: string): boolean {
  const [host = '', ...rest] = reference.split('/');
  return rest.length > 0 && /[.:]|^localhost$/.test(host);
}

async function pulled(engine: Engine, reference: string, { environment, log, signal }: Around): Promise<boolean> {
  const around = { environment: { ...environment, ...engine.cliEnvironment }, line: log.output, signal };
  const isPulled = await runProgram('docker', ['pull', '--quiet', '--', reference], around).then(
    ({ exitCode }) => exitCode === 0,
    // Also where there is no docker command line here. Whoever was cancelled finds out by what comes next.
    () => false,
  );
  if (!isPulled) log.info(`${reference} could not be pulled`);
  return isPulled;
}

async function built(
  engine: Engine,
  open: () => Promise<Git>,
  commit: string,
  asked: Asked,
  world: Around,
): Promise<Image> {
  const { build, image } = asked;
  if (build === undefined) {
    throw new Refusal(
      `What runs is the commit ${commit}, and the engine has no image of it. With \`build: false\` none is built: pull it in a step before, named as ${image} is, or give it by \`from\`.`,
    );
  }
  const git = await open();
  world.log.info(`building ${commit}, which stands for what runs`);
  const { dockerfile, args, target } = build;
  const { GITHUB_SHA: own } = world.environment;
  return await checkedOut(git, commit, await remoteOf(asked, world), async (top) => {
    const file = dockerfile && (await within(git.clone.top, dockerfile, top));
    const asBefore = {
      context: join(top, git.prefix),
      // What is told of the commit that is new would be wrong of this one.
      buildArgs: own ? args.map((argument) => withCommit(argument, own, commit)) : args,
      ...(file && { dockerfile: file }),
      ...(target && { target }),
    };
    try {
      return { id: await buildImage(engine, asBefore, world) };
    } catch (error) {
      throw notBuilt(error, `The image of ${commit}, which stands for what runs, could not be built: `);
    }
  });
}

/** The run's own repository. Undefined where no runner says which it is. */
async function remoteOf({ githubToken: token }: Asked, { environment }: Around): Promise<Remote | undefined> {
  const run = await githubRun(environment);
  if (run === undefined) return undefined;
  const { serverUrl: url, owner, repository } = run;
  return { server: { url, ...(token && { token }) }, address: `${url}/${owner}/${repository}` };
}

/** A file's path in another folder like the one that it lies in; its own where it lies elsewhere. */
async function within(folder: string, file: string, other: string): Promise<string> {
  const path = await realpath(file).catch(() => resolve(file));
  return isBelow(folder, path) ? join(other, relative(folder, path)) : file;
}
