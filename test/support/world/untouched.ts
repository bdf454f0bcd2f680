import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { type Container, unused } from './container.js';
import { docker } from './images.js';
import { files } from './inside.js';

const nonce = randomBytes(8).toString('hex');
const made: string[] = [];

/**
 * An image of this file's own with what another holds: what was started from it was started by these tests. `lines` are
 * further ones of a Dockerfile.
 */
export async function ownImage(from: string, ...lines: readonly string[]): Promise<string> {
  const tag = `hot-deploy-test:${unused('own')}`;
  const building = promisify(execFile)('docker', ['build', '-q', '-t', tag, '-']);
  building.child.stdin?.end([`FROM ${from}`, `LABEL hot-deploy-test=${nonce}`, ...lines, ''].join('\n'));
  await building;
  made.push(tag);
  return tag;
}

/** The throw-away containers that runs with these tests' own images have left. */
export async function throwaways(): Promise<readonly string[]> {
  const listed = await docker(
    ...['ps', '-a', '--filter', 'label=hot-deploy.role', '--format', '{{.Names}}'],
    ...made.flatMap((tag) => ['--filter', `ancestor=${tag}`]),
  );
  return listed.split('\n').filter(Boolean);
}

export async function removeOwnImages(): Promise<void> {
  if (made.length > 0) await docker('rmi', '-f', ...made);
}

/** Expects that `work` leaves these containers, all of this file's images and their names as they were. */
export async function expectUntouched<T>(containers: readonly Container[], work: () => Promise<T>): Promise<T> {
  const before = await standing(containers);
  const result = await work();
  expect(await standing(containers)).toEqual(before);
  expect(await throwaways()).toEqual([]);
  return result;
}

async function standing(containers: readonly Container[]) {
  return {
    tags: await Promise.all(made.map((tag) => docker('inspect', '--type', 'image', '-f', '{{.Id}}', tag))),
    containers: await Promise.all(
      containers.map(async (container) => {
        const { State, ...rest } = (await container.inspect()) as Awaited<ReturnType<Container['inspect']>> & {
          ExecIDs: unknown;
        };
        // Health checks and other execs come and go.
        const { Health: _, ...state } = State;
        return {
          inspected: { ...rest, ExecIDs: undefined, State: state },
          files: await filesOf(container, State.Status),
        };
      }),
    ),
  };
}

/** Every file of the release with its digest; where there is none to be read, what the container has changed. */
async function filesOf(container: Container, status: string): Promise<string> {
  const readable = status === 'running' && (await container.exec('sh', '-c', 'ls -d /app || true')) === '/app';
  return readable ? (await files(container)).join('\n') : await docker('diff', container.name);
}
