import type { Inputs } from '../../../src/config/inputs.js';
import { readInputs } from '../../../src/config/read-inputs.js';
import { noDeadline } from '../../../src/deployment/cancellation-deadline.js';
import { connectEngine } from '../../../src/engines/connect.js';
import type { Engine } from '../../../src/engines/engine.js';
import type { Step } from '../../../src/journal/entry.js';
import type { RunningRelease } from '../../../src/release/release.js';
import { readRunning, treeOf } from '../../../src/release/running.js';
import type { Tree } from '../../../src/release/supervision.js';
import { recorder, type UpdateContext } from '../../../src/strategies/context.js';
import { type Log, systemClock } from '../../../src/system/log.js';
import type { Container } from './container.js';

/** What going back works with in a test, and what it wrote down. */
export interface Workplace {
  readonly work: UpdateContext;
  readonly engine: Engine;
  readonly inputs: Inputs;
  readonly lines: string[];
  readonly steps: Step[];
}

/** As a run would have it; `note` stands in for the journal. */
export async function workplace(
  container: Container,
  options: Readonly<Record<string, string>> = {},
  note: (step: Step) => Promise<void> = async () => undefined,
): Promise<Workplace> {
  const given: Readonly<Record<string, string>> = {
    mode: 'status',
    containers: container.name,
    soak: '300ms',
    drain: '2s',
    ...options,
  };
  const inputs = readInputs((name) => given[name], process.env);
  const engine = await connectEngine(process.env);
  const lines: string[] = [];
  const steps: Step[] = [];
  const log: Log = {
    info: (line) => void lines.push(line),
    output: (line) => void lines.push(line),
    warning: (line) => void lines.push(`warning: ${line}`),
    debug: (line) => void lines.push(line),
    group: async (_, work) => await work(),
  };
  const { phase } = recorder(container.name, systemClock, log, systemClock.now());
  const work: UpdateContext = {
    engine,
    log,
    clock: systemClock,
    inputs,
    signal: new AbortController().signal,
    image: { reference: 'none', id: 'none' },
    replaced: new Map(),
    deadline: noDeadline,
    down: (task) => task(),
    phase,
    claim: { id: (await container.inspect()).Id, nonce: container.name },
    isKept: () => true,
    isOurs: () => false,
    part: () => undefined,
    record: async (step) => {
      await note(step);
      steps.push(step);
    },
  };
  return { work, engine, inputs, lines, steps };
}

/** What runs in a container now, and how it is supervised. */
export async function whatRuns(
  { engine, inputs }: Pick<Workplace, 'engine' | 'inputs'>,
  name: string,
): Promise<{
  readonly container: Awaited<ReturnType<Engine['inspectContainer']>>;
  readonly running: RunningRelease;
  readonly tree: Tree;
}> {
  const container = await engine.inspectContainer(name);
  const reading = await readRunning(engine, container, inputs);
  if (reading.kind !== 'running') {
    throw new Error(`${name} is ${reading.kind}`);
  }
  const running = reading.release;
  return { container, running, tree: await treeOf(running) };
}
