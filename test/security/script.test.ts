import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { script } from '../../src/fallback/script.js';
import { variants } from '../fallback/variants.js';

const run = promisify(execFile);
let folder: string;
let outside: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'script-'));
  outside = await mkdtemp(join(tmpdir(), 'outside-'));
  await writeFile(join(outside, 'victim'), 'of the host');
  await mkdir(join(folder, 'work'));
});
afterEach(async () => {
  expect(await readdir(outside)).toEqual(['victim']);
  expect(await readFile(join(outside, 'victim'), 'utf8')).toBe('of the host');
  for (const each of [folder, outside]) await rm(each, { recursive: true });
});

/** What the script's own functions print, on an engine that is these lines of bash and nothing else. */
async function said(docker: string, words: string): Promise<string> {
  const { plain } = variants;
  if (plain === undefined) throw new Error('there is no plain variant');
  const bin = join(folder, 'docker');
  await writeFile(bin, `#!/usr/bin/env bash\ncd ${folder}\n${docker}\n`);
  await chmod(bin, 0o755);
  const text = script(plain).replace(/\nmain "\$@"\n$/, '\nwork=$1\nread -r name <<<"$names"\n');
  const path = `${folder}${delimiter}${process.env['PATH']}`;
  await writeFile(join(folder, 'own.sh'), `${text}\n{ ${words}\n} 2>&1\n`);
  const { stdout } = await run('bash', [join(folder, 'own.sh'), join(folder, 'work')], {
    env: { ...process.env, PATH: path },
    timeout: 60_000,
  });
  return stdout;
}

const largest = async () => {
  const sizes = await run('find', [join(folder, 'work'), '-type', 'f', '-printf', '%s\n']);
  return Math.max(0, ...sizes.stdout.split('\n').map(Number));
};

describe('what the script reads of an engine', () => {
  it.each([
    ['what it says', 'yes', 'it says more than 16384 KiB'],
    ['what it complains of', 'yes oh no >&2', 'oh no\noh no'],
  ])('has an end: %s', async (_, docker, complaint) => {
    const told = await said(docker, 'engine inspect web && echo read || complaint');
    expect(told).toContain(complaint);
    expect(await largest()).toBeLessThanOrEqual(16_384 * 1_024);
  });

  it('comes in time, or not at all', async () => {
    const since = performance.now();
    const told = await said('exec sleep 600', 'within=1 engine inspect web && echo read || complaint');
    expect(told).toBe('it took more than 1 s');
    expect(performance.now() - since).toBeLessThan(20_000);
  });

  it('is said in its beginning, without what a terminal or a runner would obey', async () => {
    const told = await said("printf 'no\\n::error::x\\r\\e[2J\\0%0900d' 7 >&2; exit 1", 'engine ps || complaint');
    expect(told).toMatch(/^no\n\u200b::error::x 0+$/);
    expect(told.length).toBeLessThanOrEqual(500);
  });

  it('may be the layer of a container with more in it than can be listed: what runs is not known then', async () => {
    const docker = 'case $1 in diff) yes A /app/releases/start_erl.data.of.a.million ;; *) exit 1 ;; esac';
    const told = await said(docker, 'was_loaded_hot 0123456789abcdef && echo read || echo unread');
    expect(told).toBe(
      'hot-deploy: what was written in 0123456789ab cannot be read: it says more than 16384 KiB\nunread\n',
    );
  });

  it('may be the VMs of a container that lists them for ever', async () => {
    const told = await said('yes vm 7', 'find_vm web && echo found || echo none; wc -c <"$work/said"');
    expect(told).toMatch(/^none\n26\d{4}\n$/);
  });

  it('may be a journal, up to a size and within a time', async () => {
    const reading = 'unpack lock /journal 32000000 && echo read || complaint';
    expect(await said('cat /dev/zero | tr "\\0" x', reading)).toBe('/journal is no plain file, or too large');
    expect(await said('yes', reading)).toBe('/journal is no plain file, or too large');
    const since = performance.now();
    expect(await said('exec sleep 600', `within=1; ${reading}`)).toBe('/journal is no plain file, or too large');
    expect(performance.now() - since).toBeLessThan(20_000);
  });
});

describe('what a container says of itself', () => {
  const hex = (text: string) => Buffer.from(text).toString('hex').replace(/../g, '$& ').trim();
  const log = 'key s3cr3t-of-its-own\n::error::its log';
  const ends = `case "$*" in *Config.Env*) echo '${hex('API_KEY=s3cr3t-of-its-own')}' ;; logs*) printf '%s\\n' '${log}' ;; *) exit 1 ;; esac`;

  // It may be seen by a deploy, a rollback, a hot load, or on the way back of a run that is not there any more.
  it('is quoted without its secrets, whoever watches it', async () => {
    const words = `facts() { running=false status=exited exit_code=1 interval=0 own=web started=now restarts=0 health=''; }
watch web 0 || echo ended`;
    expect(await said(ends, words)).toMatch(/its log:\nkey \*\*\*\n\u200b::error::its log\nended\n$/);
  });

  it('drives no terminal: the release that it boots, what its node answers, who holds a lock', async () => {
    const esc = '\\033[2J';
    const file = `mkdir -p there; cd there; printf '1 2${esc}\\n' >start_erl.data; exec tar -cf - start_erl.data`;
    expect(await said(file, 'boots web /app')).toBe('2[2J');
    const node = `printf 'hot-deploy-answer {"ok":"old${esc}"}\\n'`;
    const ask = `find_vm() { :; }
mkdir "$work/bundle"; for each in ask.sh ask.erl; do : >"$work/bundle/$each"; done
vm_user=0 vm_pid=1 vm_bin=/b vm_flag=-sname vm_node=a
ask web state; printf %s "$answer"`;
    expect(await said(node, ask)).toBe('old[2J');
    const held = `printf 'created|r|production|{"by":"ada${esc}","since":"then"}\\n'`;
    expect(await said(held, 'read_holder id; printf %s "$its_holder"')).toBe('ada [2J (since then)');
  });
});

describe('a file out of a container', () => {
  /** An archive as the engine makes it, of something that these lines of bash leave under the name. */
  const holding = (made: string) => `mkdir -p there; cd there; [ -e it ] || { ${made}; }; exec tar -cf - it`;
  const taking = 'plain_file web /app/it && printf "read: %s" "$content" || complaint';

  it('is read as it is', async () => {
    expect(await said(holding('echo content >it'), taking)).toBe('read: content\n');
  });

  it.each([
    ['a link', 'ln -s "$OLDPWD"/../victim it'],
    ['a pipe', 'mkfifo it'],
    ['a directory with a file of that name', 'mkdir it; echo content >it/it'],
  ])('is not read where it is %s', async (_, made) => {
    expect(await said(holding(made), taking)).toBe('/app/it is no plain file');
  });

  it('is not read where it is a sparse file of gigabytes', async () => {
    await mkdir(join(folder, 'there'));
    await run('truncate', ['-s', '8G', join(folder, 'there', 'it')]);
    expect(await said(holding('false'), taking)).toBe('/app/it is no plain file, or too large');
    expect(await largest()).toBeLessThanOrEqual(4_200 * 1_024);
  });

  it('is not read where the archive is none, is cut off, or has another name in it', async () => {
    expect(await said('echo nonsense', taking)).toBe('/app/it is no plain file, or too large');
    expect(await said('cd /; tar -cf - etc/passwd | head -c 600', taking)).not.toContain('read:');
    expect(await said('mkdir -p o; echo x >o/other; tar -C o -cf - other', taking)).not.toContain('read:');
  });
});

it('a bundle whose folder is a link is not unpacked on the host, nor read through it', async () => {
  await symlink(outside, join(folder, 'hot-deploy'));
  await run('tar', ['-czf', 'a.tar.gz', 'hot-deploy'], { cwd: folder });
  await rm(join(folder, 'hot-deploy'));
  await mkdir(join(folder, 'hot-deploy'));
  await writeFile(join(folder, 'hot-deploy', 'about'), 'schema 3\nfrom 1\nto 2\nroot /app\nimage-to sha256:2\n');
  await run('sh', ['-c', 'gunzip a.tar.gz && tar -rf a.tar hot-deploy/about && gzip a.tar'], { cwd: folder });
  const words = `dry=yes bundle=${join(folder, 'a.tar.gz')}; open_bundle; echo "from $from"`;
  expect(await said('exit 1', words)).toContain('from 1');
  expect((await readdir(join(folder, 'work', 'bundle'))).sort()).toEqual(['about']);
});

describe('the time in which the script watches a container', () => {
  it('counts only as far as it looked: one that stood still for a minute goes on watching', async () => {
    // Each pause is a minute in which nobody looks, and each look counts for a few seconds at most.
    const words = `facts() { looks=$((looks + 1)) running=true status=running started=now restarts=0 health='' interval=0; }
pause() { SECONDS=$((SECONDS + 60)); }
looks=0 own=web; watch web $((look_counts * 4)) && echo "$((looks - 1)) looks later"`;
    expect(await said('exit 1', words)).toContain('4 looks later');
  });
});
