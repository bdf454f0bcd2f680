import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { Check } from './cli.js';

/** What a call has left. */
interface Answer {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Asks the CLI that comes first on the path, in a folder of its own. */
export class Shell {
  readonly #folder: string;
  readonly #names: Readonly<Record<string, string>>;
  readonly #path: string;

  private constructor(folder: string, names: Readonly<Record<string, string>>, path: string) {
    [this.#folder, this.#names, this.#path] = [folder, names, path];
  }

  static async open({ prefix, image }: { prefix: string; image: string }, first = ''): Promise<Shell> {
    const folder = await mkdtemp(join(tmpdir(), 'hot-deploy-cli-'));
    await mkdir(join(folder, 'journal'));
    for (const name of ['journal/token', 'file']) await writeFile(join(folder, name), '7\n');
    const marked = `hot-deploy.test=${prefix}`;
    const path = [first, process.env['PATH']].filter(Boolean).join(delimiter);
    return new Shell(folder, { prefix, image, marked, mark: `--label ${marked}` }, path);
  }

  /** Through files: what is asked writes into no socket. */
  async ask({ words, input }: Pick<Check, 'words' | 'input'>): Promise<Answer> {
    const named = words
      .replace(/@(?=[a-z])/g, `${this.#names['prefix']}-`)
      .replace(/\$(mark|marked|image)\b/g, (_, name) => this.#names[name] ?? '');
    const [call = '', ...piped] = named.split(' | ');
    const given = input === 'tar' ? 'tar -cf - journal |' : input === undefined ? '' : `printf %s '${input}' |`;
    const line = `set -o pipefail; ${given} docker ${call} ${given === '' ? '</dev/null' : ''} 2>err ${piped.map((each) => `| ${each}`).join(' ')} >out`;
    const run = promisify(execFile)('bash', ['-c', line], {
      cwd: this.#folder,
      env: { ...process.env, PATH: this.#path, LC_ALL: 'C' },
    });
    const code = await run.then(
      () => 0,
      (error: { code: number }) => error.code,
    );
    const [out = '', err = ''] = await Promise.all(
      ['out', 'err'].map((name) => readFile(join(this.#folder, name), 'utf8')),
    );
    return { code, out, err };
  }

  /** What is otherwise than it has to be. */
  async differs({ code = 0, out, err, ...asked }: Check): Promise<readonly string[]> {
    const got = await this.ask(asked);
    const otherwise = (name: 'out' | 'err', expected?: RegExp) =>
      expected === undefined || expected.test(got[name]) ? [] : [`${name}: ${got[name]}`];
    const coded = got.code === code ? [] : [`code ${got.code}: ${got.out}${got.err}`];
    return [...coded, ...otherwise('out', out), ...otherwise('err', err)];
  }

  async close(): Promise<void> {
    await rm(this.#folder, { recursive: true });
  }
}
