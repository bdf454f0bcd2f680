import { randomUUID } from 'node:crypto';
import type { ReleaseCommandReport } from '../../deployment/report.js';
import { type ContainerDetails, type ImageDetails, nameOf } from '../../engines/details.js';
import type { Engine } from '../../engines/engine.js';
import { spell } from '../../system/duration.js';
import type { Clock, Log } from '../../system/log.js';
import { messageOf } from '../../system/message-of.js';
import { poll } from '../../system/poll.js';
import { foreign, quoted } from '../../system/quoted.js';
import { create } from './create.js';
import { copyInjected } from './injected.js';
import { commandContainer } from './release-command-spec.js';

/** What to run, and where: as the given container would be on the new image. */
export interface ReleaseCommand {
  readonly command: readonly string[];
  readonly timeoutMs: number;
  readonly container: ContainerDetails;
  readonly oldImage: ImageDetails;
  readonly image: ImageDetails;
}

/** How it went; `failure` is a sentence that says why it did not succeed. */
export interface ReleaseCommandResult {
  readonly report: ReleaseCommandReport;
  readonly failure?: string;
}

interface Around {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

const pollIntervalMs = 200;
/** Times that an engine may not answer in a row. */
const mostUnanswered = 5;
const lastLines = 20;
const longestLine = 300;
const longestShown = 4_000;
/** Between the signal and the end of the process there is little time, and its container has to go, too. */
const cancelledSeconds = 3;
const lateSeconds = 10;
const logEndMs = 2_000;

type End = 'cancelled' | 'late' | 'gone' | { readonly exitCode: number; readonly outOfMemory: boolean };

/** Runs the command to its end, shows what it writes, and removes its container. */
export async function runReleaseCommand(around: Around, what: ReleaseCommand): Promise<ReleaseCommandResult> {
  const { engine, clock, log } = around;
  const { container, command } = what;
  const shown = foreign(command.join(' '));
  log.info(`${quoted(shown)}, as ${nameOf(container)} on the new image`);
  const began = clock.now();
  const output: string[] = [];
  const keep = (line: string) => {
    const text = foreign(line);
    log.output(text.slice(0, longestShown));
    output.push(text.slice(0, longestLine));
    output.splice(0, Math.max(0, output.length - lastLines));
  };
  const told = (end: Pick<ReleaseCommandReport, 'outcome' | 'exitCode'>): ReleaseCommandReport => ({
    ...{ command: shown, container: nameOf(container), ms: Math.round(clock.now() - began), output },
    ...end,
  });
  let id: string;
  try {
    const name = `hot-deploy-release-command-${randomUUID().slice(0, 8)}`;
    const made = commandContainer(container, what.oldImage, what.image, command);
    id = await create(engine, { name }, made, what.image.Id, (it) => copyInjected(engine, container, it));
  } catch (error) {
    return { report: told({ outcome: 'not-started' }), failure: notStarted(error) };
  }
  try {
    if (around.signal.aborted) {
      return { report: told({ outcome: 'cancelled' }), failure: 'The run was cancelled before it was started.' };
    }
    try {
      await engine.startContainer(id);
    } catch (error) {
      return { report: told({ outcome: 'not-started' }), failure: notStarted(error) };
    }
    const end = await follow(around, id, what.timeoutMs, keep);
    log.info(`the release command ended after ${spell(clock.now() - began)}`);
    return outcomeOf(end, what, told);
  } catch (error) {
    const failure = `How it ended is not known: ${messageOf(error)}`;
    return { report: told({ outcome: 'failed' }), failure };
  } finally {
    await engine.removeContainer(id, { force: true, volumes: true }).catch((error: unknown) => {
      log.warning(`The container of the release command was left, which the next run removes: ${messageOf(error)}`);
    });
  }
}

/** The container's state is the verdict; that its output could not be followed changes nothing about it. */
async function follow(
  { engine, clock, log, signal }: Around,
  id: string,
  timeoutMs: number,
  line: (text: string) => void,
): Promise<End> {
  const stop = new AbortController();
  const following = engine
    .followLogs(id, line, stop.signal)
    .catch((error: unknown) => log.warning(`What the release command writes is not shown: ${messageOf(error)}`));
  const end = await endOf({ engine, clock, signal }, id, timeoutMs).catch(async (error: unknown) => {
    stop.abort();
    throw error;
  });
  if (end === 'cancelled' || end === 'late') {
    log.warning(`the release command is stopped: ${end === 'late' ? 'its time is over' : 'the run was cancelled'}`);
    await engine
      .stopContainer(id, end === 'late' ? lateSeconds : cancelledSeconds)
      .catch((error: unknown) => log.debug(messageOf(error)));
  }
  await Promise.race([following, clock.sleep(logEndMs, stop.signal)]);
  stop.abort();
  return end;
}

async function endOf(
  { engine, clock, signal }: Pick<Around, 'engine' | 'clock' | 'signal'>,
  id: string,
  timeoutMs: number,
): Promise<End> {
  let unanswered = 0;
  const end = await poll(
    clock,
    { everyMs: pollIntervalMs, withinMs: timeoutMs, signal },
    async (): Promise<End | undefined> => {
      if (signal.aborted) return 'cancelled';
      try {
        const state = (await engine.findContainer(id))?.State;
        if (state === undefined) return 'gone';
        if (state.Status === 'exited' || state.Status === 'dead') {
          return { exitCode: state.ExitCode, outOfMemory: state.OOMKilled };
        }
        unanswered = 0;
      } catch (error) {
        unanswered += 1;
        if (unanswered === mostUnanswered) throw error;
      }
      return undefined;
    },
  );
  return end ?? 'late';
}

function notStarted(error: unknown): string {
  const words = messageOf(error).replace(/\.$/, '');
  return `It did not start: ${words}. Its words are appended to the image's ENTRYPOINT, and a path is relative to its WORKDIR.`;
}

function outcomeOf(
  end: End,
  { timeoutMs, image, container }: ReleaseCommand,
  told: (end: Pick<ReleaseCommandReport, 'outcome' | 'exitCode'>) => ReleaseCommandReport,
): ReleaseCommandResult {
  switch (end) {
    case 'cancelled':
      return { report: told({ outcome: 'cancelled' }), failure: 'The run was cancelled, and it was stopped.' };
    case 'late':
      return {
        report: told({ outcome: 'timed-out' }),
        failure: `It did not end within ${spell(timeoutMs)} and was stopped. Does it wait for a lock, or does the entrypoint start the release instead of the command? release-command-timeout says how long it may take.`,
      };
    case 'gone':
      return { report: told({ outcome: 'failed' }), failure: 'Somebody removed its container before it had ended.' };
  }
  const { exitCode, outOfMemory } = end;
  if (exitCode === 0) return { report: told({ outcome: 'succeeded', exitCode }) };
  const entrypoint = (container.Config.Entrypoint ?? image.Config.Entrypoint ?? []) as string | readonly string[];
  const by = [entrypoint].flat().join(' ');
  const why = outOfMemory
    ? ' The container ran out of memory.'
    : exitCode === 126 || exitCode === 127
      ? ` The command was not found, or is no program: a path is relative to the image's WORKDIR${by === '' ? '' : `, and the words are given to the entrypoint ${quoted(by)}`}.`
      : '';
  return { report: told({ outcome: 'failed', exitCode }), failure: `It ended with exit code ${exitCode}.${why}` };
}
