import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { chmod, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Engine } from '../../../src/engines/engine.js';
import type { ModelClock } from '../model/clock.js';
import { carryOut, isChanging, type Said } from './commands.js';

/** What may happen at the nth call that changes something. */
export interface Strike {
  readonly nth: number;
  readonly what:
    | 'the call is lost'
    | 'the answer is lost'
    | 'killed before the call'
    | 'killed after the call'
    /** The engine carries out what it was asked, and nobody is there any more. */
    | 'killed amid the call'
    | `SIG${'TERM' | 'INT' | 'HUP'}`;
}

export interface Ran {
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The calls that changed something, in their order, as far as it came. */
  readonly changes: readonly string[];
}

/** A `docker` for scripts of bash that takes milliseconds and asks an engine in memory. One script runs at a time. */
export interface StandIn {
  /** Where `docker` lies, to be put first on a path. */
  readonly folder: string;
  /** Runs a script; its `pause` lets the model's time pass, and so does its count of seconds. */
  run(text: string, words: readonly string[], strike?: Strike): Promise<Ran>;
  close(): Promise<void>;
}

// The process that asks is at hand in /proc: what it reads and writes needs no way through the client, which bash would spoil.
// It is there under other numbers, since bash lends its own ones while it says something and listens.
const client = (port: number) => `#!/bin/bash
exec 3<>/dev/tcp/127.0.0.1/${port} 4>&1 5<&0 6>&2 && printf '%s\\0' "$$" "$#" "$@" >&3 && read -r code <&3 && exit "$code"
exit 125
`;

// The heartbeat in the background lets no time pass: that is done by the script itself.
const pause = (seconds: number) => `SECONDS=${seconds}
pause() {
  [[ " \${FUNCNAME[*]} " != *' heartbeat '* ]] && set -- "$1" 1 || set -- "$1" 0
  SECONDS=$(docker pause "$1" "$2")
}`;

export async function standIn(engine: Engine, clock: ModelClock): Promise<StandIn> {
  const folder = await mkdtemp(join(tmpdir(), 'hot-deploy-stand-in-'));
  const sockets = new Set<Socket>();
  let script = 0;
  let strike: Strike | undefined;
  let changes: string[] = [];

  const kill = (signal: NodeJS.Signals) => {
    if (script !== 0) process.kill(script, signal);
  };

  const answer = async (pid: string, words: readonly string[]): Promise<Said> => {
    if (words[0] === 'pause') return await paused(clock, Number(words[1]) * 1_000, words[2] === '1');
    const call = () =>
      carryOut({
        engine,
        words,
        input: () => whole(`/proc/${pid}/fd/5`),
        file: (path) => resolve(`/proc/${pid}/cwd`, path.replace(/^\/dev\/fd\//, `/proc/${pid}/fd/`)),
        environment: async () => variables(await readFile(`/proc/${pid}/environ`, 'utf8')),
      });
    if (!isChanging(words)) return await call();
    changes.push(words.join(' '));
    if (changes.length !== strike?.nth) return await call();
    const lost = { code: 1, err: `error during connect: ${strike.what}\n` };
    switch (strike.what) {
      case 'the call is lost':
        return lost;
      case 'the answer is lost':
        await call();
        return lost;
      case 'killed before the call':
        kill('SIGKILL');
        return lost;
      case 'killed after the call':
        await call();
        kill('SIGKILL');
        return lost;
      case 'killed amid the call':
        kill('SIGKILL');
        void call();
        return lost;
      default:
        kill(strike.what as NodeJS.Signals);
        return await call();
    }
  };

  const server = createServer((socket) => {
    sockets.add(socket);
    let text = '';
    let asked = false;
    socket.on('data', (chunk) => {
      text += chunk;
      const [pid = '', count, ...words] = text.split('\0');
      if (asked || words.length <= Number(count ?? Number.POSITIVE_INFINITY)) return;
      asked = true;
      void answer(pid, words.slice(0, -1))
        .catch((error: unknown): Said => ({ code: 125, err: `${error}\n` }))
        .then(async ({ code = 0, out = '', err = '' }) => {
          await told(`/proc/${pid}/fd/4`, out);
          await told(`/proc/${pid}/fd/6`, err);
          socket.end(`${code}\n`);
        });
    });
    // Whoever asked may have been killed.
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  await writeFile(join(folder, 'docker'), client((server.address() as AddressInfo).port));
  await chmod(join(folder, 'docker'), 0o755);

  return {
    folder,
    run: async (text, words, struck) => {
      [strike, changes] = [struck, []];
      await writeFile(
        join(folder, 'script.sh'),
        text.replace(/^pause\(\) .*$/m, () => pause(Math.floor(clock.now() / 1_000))),
      );
      const files = await Promise.all(['stdout', 'stderr'].map((name) => open(join(folder, name), 'w')));
      const [out, err] = files.map(({ fd }) => fd);
      const child = spawn('bash', [join(folder, 'script.sh'), ...words], {
        env: { ...process.env, PATH: `${folder}:${process.env['PATH']}` },
        stdio: ['ignore', out, err],
        detached: true,
      });
      script = child.pid ?? 0;
      const [code] = (await once(child, 'close')) as [number | null];
      script = 0;
      // What it has left in the background asks in vain.
      for (const socket of sockets) socket.destroy();
      await Promise.all(files.map((file) => file.close()));
      const [stdout = '', stderr = ''] = await Promise.all(
        ['stdout', 'stderr'].map((name) => readFile(join(folder, name), 'utf8')),
      );
      return { code, stdout, stderr, changes };
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await rm(folder, { recursive: true });
    },
  };
}

async function paused(clock: ModelClock, ms: number, passes: boolean): Promise<Said> {
  await (passes ? clock.sleep(ms) : new Promise<void>((happens) => clock.at(ms, happens)));
  return { out: `${Math.floor(clock.now() / 1_000)}\n` };
}

async function whole(path: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of createReadStream(path)) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Nobody may be left who reads it. */
async function told(path: string, text: string | Buffer): Promise<void> {
  if (text.length > 0) await writeFile(path, text, { flag: 'a' }).catch(() => undefined);
}

const variables = (environ: string) =>
  Object.fromEntries(
    environ.split('\0').flatMap((entry) => {
      const at = entry.indexOf('=');
      return at < 0 ? [] : [[entry.slice(0, at), entry.slice(at + 1)]];
    }),
  );
