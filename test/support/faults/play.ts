import { type Ran, type Running, startHotDeploy } from '../world/command.js';
import { docker } from '../world/images.js';
import { isChanging } from './call.js';
import { type Version, versions } from './images.js';
import { back, begun, deployed, expected, type Model, type Step, spellStep } from './model.js';
import { aloneAndRunning, type Broken, oneVersion } from './promises.js';
import type { Stage } from './stage.js';
import { bounded, found, run, told } from './trial.js';

/** What became of a sequence. */
export interface Played {
  /** None: what ran was what the model says after every step. */
  readonly broken: Broken;
  readonly story: string;
}

/** Carries a sequence out, from a fresh container, and holds what is against what should be after each step. */
export async function play(stage: Stage, steps: readonly Step[]): Promise<Played> {
  const story: string[] = [];
  let model = begun;
  await stage.begin();
  for (const step of steps) {
    story.push(`- ${spellStep(step)}; before: ${spellModel(model)}`);
    try {
      const { next, broken } = await take(stage, model, step, story);
      const wrong = [...broken, ...(await against(stage, next))];
      if (wrong.length > 0) {
        story.push(`  should be: ${spellModel(next)}`, await found(stage.crew));
        return { broken: wrong, story: story.join('\n') };
      }
      model = next;
    } catch (error) {
      return { broken: [`it could not be seen through: ${String(error)}`], story: story.join('\n') };
    }
  }
  return { broken: [], story: story.join('\n') };
}

interface Taken {
  readonly next: Model;
  readonly broken: Broken;
}

async function take(stage: Stage, model: Model, step: Step, story: string[]): Promise<Taken> {
  const { crew, tag } = stage;
  const [name = ''] = crew.names;
  if (step.do === 'killed deploy') return await killed(stage, model, step, story);
  const wanted = expected(model, step);
  const asked = async (words: readonly string[]): Promise<Taken> => {
    const ran = await run(crew, words);
    story.push(told(words[0] ?? '', ran));
    return judged(stage, model, wanted, ran);
  };
  switch (step.do) {
    case 'deploy':
      return await asked(deployWords(stage, step));
    case 'roll back':
      return await asked([
        'rollback',
        ...common(stage),
        ...(step.to === 'previous' ? [] : ['--to', versions[step.to]]),
      ]);
    case 'restart':
      await docker('restart', name);
      break;
    case 'kill and start':
      await docker('kill', name);
      await docker('start', name);
      break;
    case 're-create by hand':
      await docker('rm', '-f', '-v', name);
      await docker('run', '-d', '--name', name, '--label', 'hot-deploy-test=1', tag);
      break;
  }
  await crew.ask();
  return { next: wanted.kind === 'done' ? wanted.model : model, broken: [] };
}

async function judged(stage: Stage, model: Model, wanted: ReturnType<typeof expected>, { code }: Ran): Promise<Taken> {
  if (wanted.kind === 'done') {
    return { next: wanted.model, broken: code === 0 ? [] : [`the run ended with ${code}`] };
  }
  if (wanted.kind === 'refused') {
    return { next: model, broken: code === 1 ? [] : [`the run ended with ${code}, and there was nothing to do`] };
  }
  if (code === 1) return { next: model, broken: [] };
  const runs = await running(stage);
  return {
    next: runs === model.runs ? model : back(model, runs),
    broken: code === 0 ? [] : [`the run ended with ${code}`],
  };
}

/** It may have come through or not; what was cut off is finished or undone by the next run. */
async function killed(
  stage: Stage,
  model: Model,
  step: Extract<Step, { do: 'killed deploy' }>,
  story: string[],
): Promise<Taken> {
  const { crew } = stage;
  let seen = 0;
  let current: Running | undefined;
  crew.proxy.arm({
    meant: (call) => isChanging(call) && ++seen === step.call,
    when: step.when,
    strike: async (_, proxy) => {
      current?.kill('SIGKILL');
      await current?.ended;
      proxy.cut();
    },
  });
  current = await startHotDeploy(deployWords(stage, step), { DOCKER_HOST: crew.proxy.address });
  const ran = await bounded(current);
  story.push(told(`deploy, at ${JSON.stringify(crew.proxy.struck)}`, ran));
  if (crew.proxy.struck === undefined) {
    return { next: deployed(model, step.version), broken: ran.code === 0 ? [] : [`the run ended with ${ran.code}`] };
  }
  const after = await run(crew, ['rollback', ...common(stage), '--to', 'unknown']);
  story.push(told('recovery', after));
  const runs = await running(stage);
  const tagged = asVersion(await stage.tagged());
  const next = { ...(runs === model.runs ? model : deployed(model, runs)), tag: tagged };
  return {
    next,
    broken: [
      ...(after.code === 1 ? [] : [`the recovery ended with ${after.code}`]),
      ...(runs === model.runs || runs === step.version ? [] : [`it runs ${versions[runs]}, which is neither`]),
      ...(tagged === model.tag || tagged === runs ? [] : [`the tag names ${versions[tagged]}, which does not run`]),
    ],
  };
}

function common({ crew }: Stage): readonly string[] {
  const waits = ['--soak', '0s', '--drain', '0s', '--rehearse', 'never'];
  return [...crew.names.flatMap((name) => ['--containers', name]), '--environment', crew.environment, ...waits];
}

function deployWords(stage: Stage, { version, strategy }: { readonly version: Version; readonly strategy: string }) {
  const build = ['--build', '--image', stage.tag, '--context', stage.context(version)];
  return ['deploy', ...common(stage), ...build, '--strategy', strategy];
}

async function running({ crew }: Stage): Promise<Version> {
  const [says] = await crew.ask();
  return asVersion(says?.version);
}

function asVersion(text: string | undefined): Version {
  const found = ([1, 2, 3] as const).find((version) => versions[version] === text);
  if (found === undefined) throw new Error(`${text} is no version that was ever deployed`);
  return found;
}

async function against(stage: Stage, { runs, tag }: Model): Promise<Broken> {
  const { crew } = stage;
  const alone = aloneAndRunning(crew, await crew.engine());
  if (alone.length > 0) return alone;
  const named = await stage.tagged();
  return [
    ...oneVersion(crew, await crew.ask(), versions[runs]),
    ...(named === versions[tag] ? [] : [`the tag names ${named}, not ${versions[tag]}`]),
  ];
}

function spellModel({ runs, tag, line }: Model): string {
  return `${versions[runs]} runs, the tag names ${versions[tag]}, led to by ${line.map((one) => versions[one]).join(', ')}`;
}
