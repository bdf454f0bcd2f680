import { describe, expect, it } from 'vitest';
import type { ContainerDetails } from '../../src/engines/details.js';
import type { Engine, ExecCommand, ExecResult } from '../../src/engines/engine.js';
import { NodeCutOff } from '../../src/node/relay.js';
import { findVms } from '../../src/node/vm.js';
import { nodesBeside, withNodes } from '../../src/targets/nodes.js';

const vm =
  'vm 7\nuid 999\ngid 999\n' +
  ['beam.smp', '-root', '/app', '-bindir', '/app/erts/bin', '-sname', 'shop'].map((word) => `arg ${word}\n`).join('');

const container = {
  ...{ Id: 'c1', Name: '/web', Image: 'app:1', RestartCount: 3 },
  State: { Running: true, StartedAt: '2026-01-01T00:00:00.000Z' },
  Config: { Image: 'app:1', Hostname: 'c1', Labels: { role: 'web' }, Healthcheck: { Test: ['CMD', 'true'] } },
  NetworkSettings: { Networks: { bridge: {} }, Ports: { '80/tcp': [] } },
} as unknown as ContainerDetails;

/** An engine with one container, in which the script that reaches another node ends like this. */
function engineWith(result: Partial<ExecResult>, seen: ExecCommand[] = []): Engine {
  const text = (words: string) => Buffer.from(words);
  return {
    containers: async () => [{ id: 'c1', names: ['web'], labels: {}, state: 'running' }],
    findContainer: async () => container,
    exec: async (_: string, command: ExecCommand): Promise<ExecResult> => {
      if (command.argv[2]?.includes('/proc/[0-9]*')) {
        return { exitCode: 0, stdout: text(vm), stderr: text('') };
      }
      seen.push(command);
      const { stdout = text('') } = result;
      const started = command.argv.length > 8 && result.exitCode !== 125 ? text('1767225600000\n') : text('');
      return { exitCode: 0, stderr: text(''), ...result, stdout: Buffer.concat([started, stdout]) };
    },
  } as unknown as Engine;
}

const reaching = (result: Partial<ExecResult>, seen?: ExecCommand[]) =>
  withNodes(engineWith(result, seen), { selectors: [{ by: 'name', name: 'web' }], known: {} }).engine;
const there = 'shop@10.0.0.7';

describe('a node that is reached through another one', () => {
  it('gets the words, the input and the variables of a command as they are, and answers as a container does', async () => {
    const seen: ExecCommand[] = [];
    const result = { exitCode: 3, stdout: Buffer.from([0, 255]), stderr: Buffer.from('odd') };
    const argv = ['sh', '-c', 'cat "$1"', `it's "$(id)"`];
    const ran = await reaching(result, seen).exec(there, {
      ...{ argv, environment: { A: '1' }, stdin: Buffer.from([1, 0, 2]), timeoutMs: 1_000 },
    });
    expect(ran).toMatchObject(result);
    expect(seen).toHaveLength(1);
    expect(seen[0]?.user).toBe('999:999');
    expect(seen[0]?.stdin).toEqual(Buffer.concat([Buffer.from('\n'), Buffer.from([1, 0, 2])]));
    const source = seen[0]?.argv.at(-1) ?? '';
    expect(source).toContain(`N='${there}'`);
    expect(source).toContain(String.raw`<<"it's \"$(id)\"">>`);
    expect(source).toContain('<<"A">>,<<"1">>');
  });

  it('that does not answer is named, with the one through which it was asked', async () => {
    const asked = reaching({ exitCode: 125, stderr: Buffer.from('noconnection\n') });
    const command = { argv: ['true'], timeoutMs: 1_000 };
    await expect(asked.exec(there, command)).rejects.toThrow(NodeCutOff);
    await expect(asked.exec(there, command)).rejects.toThrow(
      `${there} did not answer shop, through which it is reached: noconnection.`,
    );
    expect((await asked.findContainer(there))?.State).toMatchObject({ Running: false });
  });

  it('is searched once for its VM, and is not asked whether it runs just after it has answered', async () => {
    const seen: ExecCommand[] = [];
    const asked = reaching({}, seen);
    await findVms(asked, there);
    await asked.inspectContainer(there);
    await findVms(asked, there);
    expect(seen).toHaveLength(1);
    await asked.evaluate?.(there, 'ok.', 1_000);
    expect(seen).toHaveLength(2);
    expect(asked.evaluate?.('web', 'ok.', 1_000)).toBeUndefined();
  });

  it('is cut off where what comes back is no answer', async () => {
    const odd = withNodes(
      {
        ...engineWith({}),
        exec: async (...given) => ({
          ...(await engineWith({}).exec(...given)),
          ...(given[1].argv.length > 8 && { stdout: Buffer.from('x\n') }),
        }),
      },
      { selectors: [{ by: 'name', name: 'web' }], known: {} },
    ).engine;
    await expect(odd.exec(there, { argv: ['true'], timeoutMs: 1_000 })).rejects.toThrow(NodeCutOff);
  });

  it('has the settings of the container through which it is reached, but none by which it could be asked or found', async () => {
    const found = await reaching({}).inspectContainer(there);
    expect(found).toMatchObject({ Id: there, Name: `/${there}`, Image: 'app:1', RestartCount: 0 });
    expect(found.State).toMatchObject({ Running: true, StartedAt: '2026-01-01T00:00:00.000Z' });
    expect(found.Config).toEqual({ Image: 'app:1', Hostname: '10.0.0.7', Labels: {} });
    expect(found.NetworkSettings).toMatchObject({ Networks: {}, Ports: {} });
  });

  it('is never started or stopped, and says why files could not come or go', async () => {
    const asked = reaching({ exitCode: 2, stderr: Buffer.from('tar: disk full\n') });
    await expect(asked.stopContainer(there)).rejects.toThrow(`${there} runs in none of the containers`);
    await expect(asked.startContainer(there)).rejects.toThrow(`${there} runs in none of the containers`);
    await expect(asked.putArchive(there, '/app', Buffer.from(''))).rejects.toThrow(
      `Could not unpack at /app on ${there}: tar: disk full.`,
    );
    await expect(asked.getArchive(there, '/app/x', 9)).rejects.toThrow(`Could not read /app/x on ${there}`);
    expect(await reaching({ exitCode: 44 }).getArchive(there, '/app/x', 9)).toBeUndefined();
  });
});

describe('the nodes beside the containers', () => {
  const beside = (told: object) => {
    const stdout = Buffer.from(`\nhot-deploy-answer ${JSON.stringify({ ok: told })}\n`);
    return nodesBeside(engineWith({ stdout }), [container], {});
  };
  const views = (...all: readonly (readonly [string, readonly string[] | null])[]) =>
    all.map(([node, sees]) => ({ node, sees }));

  it('are all that any of them sees', async () => {
    const others = views(['shop@b', ['shop@a', 'shop@c']], ['shop@c', ['shop@a', 'shop@b']]);
    expect(await beside({ node: 'shop@a', sees: ['shop@b', 'shop@c'], views: others })).toEqual(['shop@b', 'shop@c']);
    expect(await beside({ node: 'shop@a', sees: [], views: [] })).toEqual([]);
  });

  it('are none where the cluster is not whole: who misses whom is said', async () => {
    const halves = views(['shop@b', ['shop@a', 'shop@c']]);
    await expect(beside({ node: 'shop@a', sees: ['shop@b'], views: halves })).rejects.toThrow(
      'shop@a is not connected to shop@c: the cluster is not whole.',
    );
    await expect(beside({ node: 'shop@a', sees: ['shop@b'], views: views(['shop@b', null]) })).rejects.toThrow(
      'shop@b is in the cluster and does not answer.',
    );
  });

  it('are no more than can be reached, whatever a node says', async () => {
    const all = Array.from({ length: 200 }, (_, at) => `shop@h${at}`);
    const others = views(...all.map((node) => [node, ['shop@a', ...all.filter((other) => other !== node)]] as const));
    const told = { node: 'shop@a', sees: all, views: others };
    await expect(beside(told)).rejects.toThrow('The cluster has 201 nodes');
  });

  it('have names that are none of a release, and nothing begins', async () => {
    const odd = "x';halt().%@b";
    await expect(beside({ node: 'shop@a', sees: [odd], views: views([odd, ['shop@a']]) })).rejects.toThrow(
      'no name that a node of a release has',
    );
  });
});
