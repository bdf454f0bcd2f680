import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  type Container,
  connect,
  eventually,
  type Lines,
  removeContainers,
  start,
  unused,
} from '../support/world/container.js';
import { deployTo } from '../support/world/deploying.js';
import { docker, image, removeImages } from '../support/world/images.js';

const network = unused('hd-tls');
const names = ['a', 'b'].map((each) => `${network}-${each}`);
const nodes = names.map((name) => `octochat@${name}`);
const beside = { nodes: 'cluster', canary: '0', rehearse: 'auto' };

let containers: readonly Container[] = [];
let clients: readonly Lines[] = [];
/** An authority, and one certificate for all, as in a cluster of one owner. */
const folder = mkdtempSync(join(tmpdir(), 'hot-deploy-tls-'));
function certify(name: string, more: string): string {
  const words = `req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=${name} -keyout ${name}.key -out ${name}.pem ${more}`;
  execFileSync('openssl', words.trim().split(/ +/), { cwd: folder, stdio: 'ignore' });
  return [`${name}.pem`, `${name}.key`].map((file) => readFileSync(join(folder, file), 'utf8')).join('');
}
const authority = certify('authority', '');
const pem = certify('octochat', '-CA authority.pem -CAkey authority.key');
const flags = '-proto_dist inet_tls\n-ssl_dist_optfile /app/tls/dist.conf\n';
const options = `[{server, [{certfile, "/app/tls/pem"}, {keyfile, "/app/tls/pem"}, {cacertfile, "/app/tls/authority"},
  {verify, verify_peer}, {fail_if_no_peer_cert, true}]},
 {client, [{certfile, "/app/tls/pem"}, {keyfile, "/app/tls/pem"}, {verify, verify_none}]}].`;

/** Octochat, whose nodes speak TLS with one another, and let in only those that have the certificate. */
const octochat = (version: number) =>
  image({
    ...{ example: 'octochat', version },
    files: {
      ...{ 'rel/vm.args.eex': flags, 'rel/remote.vm.args.eex': flags },
      ...{
        'rel/overlays/tls/dist.conf': options,
        'rel/overlays/tls/pem': pem,
        'rel/overlays/tls/authority': authority,
      },
    },
    replace: {
      'apps/octochat/mix.exs': [[':sasl]', ':sasl, :ssl]']],
      Dockerfile: [
        ['elixir erlang-dev', 'elixir erlang-dev erlang-ssl'],
        ['libstdc++6', 'libssl3 libstdc++6'],
      ],
    },
  });
const rpc = async (expression: string) =>
  await docker('exec', names[0] ?? '', '/app/bin/octochat', 'rpc', `IO.inspect(${expression})`);
const answers = async () => await Promise.all(clients.map(async (client) => await client.ask('PING')));

beforeAll(async () => {
  const one = await octochat(1);
  await docker('network', 'create', network);
  containers = await Promise.all(names.map((name) => start(one, ['--network', network, '--hostname', name], [], name)));
  await rpc(`Node.connect(:"${nodes[1]}")`);
  await eventually('a cluster', async () => ((await rpc('length(Node.list())')) === '1' ? true : undefined));
  clients = await Promise.all(containers.map(async (each) => await connect(await each.port(4040))));
});
afterAll(async () => {
  for (const client of clients) client.close();
  await removeContainers();
  await docker('network', 'rm', network).catch(() => undefined);
  await removeImages();
  rmSync(folder, { recursive: true });
});

it('nodes whose distribution speaks TLS are rehearsed and loaded hot, one through the other', async () => {
  const { report, log } = await deployTo(names[0] ?? '', { ...beside, image: await octochat(2) });
  expect(report, `${report.message}\n${log}`).toMatchObject({
    outcome: 'deployed',
    method: 'relup',
    from: '0.1.0',
    to: '0.2.0',
  });
  for (const each of report.containers) expect(each.proof, log).toMatchObject({ converged: true });
  expect(await answers()).toEqual(names.map(() => expect.stringContaining('PONG 0.2.0')));
  expect(clients.some(({ lost }) => lost)).toBe(false);
});

it('nobody sees those that asked, and none of them is left', async () => {
  // The first is the one that asks here.
  expect(await rpc('Node.list(:connected) |> Enum.reject(&(&1 == node(Process.group_leader())))')).toBe(
    `[:"${nodes[1]}"]`,
  );
  expect(await docker('exec', names[0] ?? '', 'sh', '-c', 'cat /proc/[0-9]*/comm')).not.toMatch(/beam.*beam/s);
});

it('go back hot', async () => {
  const { report, log } = await deployTo(names[0] ?? '', { ...beside, mode: 'rollback' });
  expect(report, `${report.message}\n${log}`).toMatchObject({ outcome: 'deployed', method: 'relup', to: '0.1.0' });
  expect(await answers()).toEqual(names.map(() => expect.stringContaining('PONG 0.1.0')));
});
