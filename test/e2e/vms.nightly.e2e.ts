import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type Container, eventually, removeContainers, start } from '../support/world/container.js';
import { deployTo } from '../support/world/deploying.js';
import { docker, image, removeImages } from '../support/world/images.js';

// Each run asks five VMs on two cores.
vi.setConfig({ testTimeout: 600_000 });

const names = ['a', 'b', 'c', 'd', 'e'];
const node = (name: string) => `${name}@127.0.0.1`;
/** What a run says of each: the container by its name, the others by their nodes. */
const rows = (container: Container) => [container.name, ...names.slice(1).map(node)];

/** Starts so many VMs, each from the directory that `root` (a word of the shell in which `$name` stands for its own) names. */
const several = (version: number, root: string, count: number) => {
  const own = names.slice(0, count).join(' ');
  const settings = 'RELEASE_DISTRIBUTION=name OCTOCHAT_TCP_PORT=$((4040 + at)) OCTOCHAT_HTTP_PORT=$((8080 + at))';
  const begin = `RELEASE_NODE=$name@127.0.0.1 ${settings} ${root}/bin/octochat start &`;
  const all = `at=0; for name in ${own}; do ${begin} at=$((at + 1)); done; wait`;
  return image({
    example: 'octochat',
    version,
    replace: {
      Dockerfile: [
        ['USER octochat\n', `RUN for name in ${own}; do cp -a /app /$name; done\nUSER octochat\n`],
        ['CMD ["bin/octochat", "start"]', `CMD ["sh", "-c", "${all}"]`],
      ],
    },
  });
};
const copies = (version: number) => several(version, '/$name', names.length);

let container: Container;

/** What a node answers, asked from inside the container. */
const ask = async (name: string, expression: string) =>
  (
    await docker(
      ...['exec', '-e', `RELEASE_NODE=${node(name)}`, '-e', 'RELEASE_DISTRIBUTION=name', container.name],
      ...['/a/bin/octochat', 'rpc', `IO.puts(${expression})`],
    )
  ).trim();
const running = async () => await Promise.all(names.map((name) => ask(name, 'Application.spec(:octochat, :vsn)')));
const connected = async () => {
  for (const name of names.slice(1)) await ask('a', `Node.connect(:"${node(name)}")`);
  const isWhole = async () => {
    const counts = await Promise.all(names.map((name) => ask(name, 'length(Node.list())')));
    return counts.every((count) => count === `${names.length - 1}`) || undefined;
  };
  await eventually('a cluster', isWhole);
};
const deploy = async (options: Readonly<Record<string, string>> = {}) =>
  await deployTo(container.name, { nodes: 'cluster', 'node-name': 'a', image: await copies(2), ...options });

beforeAll(async () => {
  // Nobody comes in from outside: all that there is are the nodes themselves.
  container = await start(await copies(1), ['--network', 'none']);
});
afterAll(async () => {
  await removeContainers();
  await removeImages();
});

it('VMs beside the one that is deployed to are named, whether they are connected or not', async () => {
  const { report, log } = await deploy({ mode: 'plan' });
  expect(report.containers, log).toHaveLength(1);
  expect(report.containers[0]?.reasons, log).toMatchObject([
    {
      code: 'nodes-left-out',
      message: `${container.name} also runs ${names.slice(1).map(node).join(', ')}, which this deploy does not include.`,
    },
  ]);
});

it('a name that no VM of the container has is told with those that it has', async () => {
  const { report } = await deploy({ mode: 'plan', nodes: 'containers', 'node-name': 'x' });
  expect(report).toMatchObject({
    outcome: 'refused',
    message: expect.stringContaining(`but ${names.map(node).join(', ')}`),
  });
});

it('five nodes in one container without a network are loaded hot, and go back', async () => {
  await connected();
  const up = await deploy();
  expect(up.report, up.log).toMatchObject({ outcome: 'deployed', method: 'relup' });
  expect(up.report.containers.map(({ name }) => name)).toEqual(rows(container));
  for (const { proof } of up.report.containers)
    expect(proof, up.log).toMatchObject({ converged: true, vm: { sameProcess: true } });
  expect(await running()).toEqual(names.map(() => '0.2.0'));

  const down = await deploy({ mode: 'rollback' });
  expect(down.report, down.log).toMatchObject({ outcome: 'deployed', method: 'relup', to: '0.1.0' });
  expect(await running()).toEqual(names.map(() => '0.1.0'));
});

it('a VM that shares the directory of its release with another one is not loaded hot', async () => {
  const sharing = await start(await several(1, '/app', 2), ['--network', 'none']);
  const { report, log } = await deployTo(sharing.name, {
    ...{ mode: 'plan', 'node-name': 'a', image: await several(2, '/app', 2) },
  });
  expect(report.containers[0], log).toMatchObject({ method: 'recreate' });
  expect(report.containers[0]?.reasons, log).toMatchObject([
    { code: 'release-shared', subject: '/app', message: expect.stringContaining(node('b')) },
  ]);
});
