import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, statfs, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '../world/container.js';

const run = promisify(execFile);

/** A second engine on a small disk of its own, which tests may fill and restart. Its containers reach nobody. */
export interface OwnEngine {
  /** The path of its socket. */
  readonly socket: string;
  /** Brings images over from the engine that everybody uses. */
  load(...images: readonly string[]): Promise<void>;
  fill(): Promise<void>;
  empty(): Promise<void>;
  /** As after an update of Docker: it ends in an orderly way, and its containers with it. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

const megabytes = 1 << 20;

export async function startEngine(diskMegabytes: number): Promise<OwnEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'hot-deploy-engine-'));
  const [disk, mount, socket, pidFile] = ['disk', 'mount', 'docker.sock', 'pid'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
    string,
  ];
  const shared = process.env['DOCKER_HOST'] ?? '';
  const host = `unix://${socket}`;
  const full = join(mount, 'full');

  await writeFile(disk, '');
  await truncate(disk, diskMegabytes * megabytes);
  await run('mkfs.ext4', ['-q', '-F', '-m', '0', disk]);
  await mkdir(mount);
  await run('mount', ['-o', 'loop', disk, mount]);

  const start = async () => {
    const words = ['--data-root', join(mount, 'data'), '--exec-root', join(folder, 'exec'), '--pidfile', pidFile];
    // A network namespace of its own: two engines would overwrite each other's rules of the firewall.
    const child = spawn(
      'unshare',
      ['--net', 'dockerd', ...words, '--host', host, '--bridge=none', '--iptables=false'],
      { detached: true, stdio: 'ignore' },
    );
    child.unref();
    await eventually('an answer of the second engine', () => run('docker', ['-H', host, 'version']), 60_000);
  };
  const stop = async () => {
    const pid = Number(await readFile(pidFile, 'utf8'));
    process.kill(pid, 'SIGTERM');
    await eventually('the end of the second engine', async () => (isAlive(pid) ? undefined : true), 60_000);
  };
  const empty = () => rm(full, { force: true });

  await start();
  return {
    socket,
    load: async (...images) => {
      const [save, load] = [
        spawn('docker', ['save', ...images], { env: { ...process.env, DOCKER_HOST: shared } }),
        spawn('docker', ['-H', host, 'load', '-q'], { stdio: ['pipe', 'ignore', 'inherit'] }),
      ];
      save.stdout.pipe(load.stdin);
      const code = await new Promise((done) => load.once('close', done));
      if (code !== 0) throw new Error(`the images could not be loaded into the second engine: ${code}`);
    },
    fill: async () => {
      const { bfree, bsize } = await statfs(mount);
      // Most of it at once. What is left are the last blocks, of which a file system needs some for itself.
      await run('fallocate', ['-l', String(Math.max(1, bfree - 1024) * bsize), full]).catch(() => undefined);
      // The engine may let go of a block meanwhile.
      await eventually('a full disk', async () => {
        await run('sh', ['-c', 'cat /dev/zero >>"$1"', 'fill', full]).catch(() => undefined);
        return (await statfs(mount)).bavail === 0 || undefined;
      });
    },
    empty,
    restart: async () => {
      await stop();
      await start();
    },
    close: async () => {
      await empty();
      await stop();
      // What it had mounted is let go of a moment after it has ended.
      await eventually('a disk that nobody uses', () => run('umount', [mount]));
      await rm(folder, { recursive: true });
    },
  };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
