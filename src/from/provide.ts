import { isAbsolute, join, relative } from 'node:path';
import { BuildFailed, buildImage } from '../docker/build.js';
import type { Engine } from '../docker/engine.js';
import { githubRun } from '../github/run.js';
import type { From } from '../inputs/from.js';
import { imageOfCommit } from '../inputs/image-of-commit.js';
import type { Inputs } from '../inputs.js';
import type { Log } from '../log.js';
import { messageOf } from '../message-of.js';
import { Refusal } from '../refusal.js';
import type { ComparedWith } from '../report/report.js';
import { runProgram } from '../run-program.js';
import type { World } from '../world.js';
import { baseCommit } from './base-commit.js';
import { checkedOut, type Git, openGit } from './git.js';

/** The image that stands for what runs, where no container of it is at hand. */
export interface OriginImage {
  /** Under which people know it. */
  readonly name: string;
  readonly id: string;
  readonly comparedWith: ComparedWith;
}

type Asked = Pick<Inputs, 'build' | 'context' | 'environment' | 'image'>;
type Around = Pick<World, 'deployments' | 'environment' | 'log' | 'signal'>;

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
  const deployed = from.kind === 'last-deployment' ? await lastDeployment(inputs, world) : undefined;
  const git = await openGit(inputs.context, world.environment, world.signal);
  const origin = deployed ?? (await baseBranch(git, inputs, world));
  const { commit, comparedWith } = origin;
  const existing = await atHand(engine, origin, world);
  const image = existing ?? (await built(engine, git, commit, inputs, world));
  const name = image.reference ?? commit.slice(0, 12);
  return { name, id: image.id, comparedWith: { ...comparedWith, image: name } };
}

/** Undefined where none is known. */
async function lastDeployment(inputs: Asked, { deployments, environment, log }: Around): Promise<Origin | undefined> {
  const last = await deployments?.last(inputs.environment).catch((error: unknown) => {
    log.warning(
      `The last deployment to ${inputs.environment} could not be asked for (${messageOf(error)}): it takes \`permissions: deployments: read\`. The base branch is taken instead.`,
    );
    return undefined;
  });
  if (last === undefined) {
    log.info(`No deployment to ${inputs.environment} is on record: what is new is compared with the base branch.`);
    return undefined;
  }
  const { commit, at, image } = last;
  return {
    commit,
    images: [...(image === undefined ? [] : [image]), ...likely(inputs, environment, commit)],
    comparedWith: { what: 'last-deployment', commit, ...(at !== undefined && { at }) },
  };
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

/** One that the engine has, or can get. */
async function atHand(engine: Engine, { images }: Origin, world: Around): Promise<Image | undefined> {
  for (const reference of images) {
    const found = await engine.findImage(reference);
    if (found !== undefined) return { id: found.Id, reference };
  }
  for (const reference of images.filter(namesRegistry)) {
    const pulled = await pull(engine, reference, world);
    if (pulled !== undefined) return { id: pulled, reference };
  }
  return undefined;
}

/** Without a host the name would be Docker Hub's, where somebody else may own what here was only ever built. */
function namesRegistry(reference: string): boolean {
  const [host = '', ...rest] = reference.split('/');
  return rest.length > 0 && /[.:]|^localhost$/.test(host);
}

async function pull(
  engine: Engine,
  reference: string,
  { environment, log, signal }: Around,
): Promise<string | undefined> {
  const words = ['pull', '--quiet', '--', reference];
  const around = { environment: { ...environment, ...engine.cliEnvironment }, line: log.output, signal };
  const { exitCode, lines } = await runProgram('docker', words, around);
  if (exitCode === 0) return (await engine.findImage(reference))?.Id;
  log.info(`${reference} could not be pulled: ${lines.at(-1) ?? 'docker does not say why'}`);
  return undefined;
}

async function built(engine: Engine, git: Git, commit: string, asked: Asked, world: Around): Promise<Image> {
  const { build, context, image } = asked;
  if (build === undefined) {
    throw new Refusal(
      `What runs is the commit ${commit}, and the engine has no image of it. With \`build: false\` none is built: pull it in a step before, named as ${image} is, or give it by \`from\`.`,
    );
  }
  const log: Log = world.log;
  log.info(`building ${commit}, which stands for what runs`);
  return await checkedOut(git, commit, async (folder) => {
    const { dockerfile, args, target } = build;
    const file = dockerfile && within(context, dockerfile, folder);
    const own = { context: folder, buildArgs: args, ...(file && { dockerfile: file }), ...(target && { target }) };
    try {
      return { id: await buildImage(engine, own, world) };
    } catch (error) {
      throw new Refusal(`The image of ${commit}, which stands for what runs, could not be built: ${messageOf(error)}`, {
        cause: error,
        ...(error instanceof BuildFailed && { output: error.output }),
      });
    }
  });
}

/** A file's path in another folder like the one that it lies in; its own where it lies elsewhere. */
function within(folder: string, file: string, other: string): string {
  const below = relative(folder, file);
  return below.startsWith('..') || isAbsolute(below) ? file : join(other, below);
}
