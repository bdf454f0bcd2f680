import { execFile, spawn } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const rounds = 9;
const node = join(process.cwd(), 'test/support/node24/node_modules/.bin/node');
const action = join(process.cwd(), 'dist/index.js');

/** Milliseconds, and the floor: a Node of the same version that does nothing. */
export async function coldStarts(): Promise<readonly { readonly value: number; readonly floor: number }[]> {
  const runs = [];
  // The first one reads the files from the disk, which a runner has done when it has unpacked them.
  for (let round = 0; round <= rounds; round += 1) {
    const run = { value: await untilFirstLine(), floor: await bare() };
    if (round > 0) runs.push(run);
  }
  return runs;
}

/** Bytes of what is read then. */
export const bundleBytes = async (): Promise<number> => (await stat(action)).size;

function untilFirstLine(): Promise<number> {
  const since = performance.now();
  // Nobody answers there: what comes after the first line does not matter.
  const env = {
    ...process.env,
    INPUT_CONTAINERS: 'nobody',
    INPUT_IMAGE: 'none:1',
    DOCKER_HOST: 'unix:///nowhere.sock',
  };
  const child = spawn(node, [action], { env, stdio: ['ignore', 'pipe', 'ignore'] });
  return new Promise((resolve, reject) => {
    child.stdout.once('data', () => {
      resolve(performance.now() - since);
      child.kill('SIGKILL');
    });
    child.once('error', reject).once('exit', () => reject(new Error('the Action said nothing')));
  });
}

async function bare(): Promise<number> {
  const since = performance.now();
  await promisify(execFile)(node, ['-e', '0']);
  return performance.now() - since;
}
