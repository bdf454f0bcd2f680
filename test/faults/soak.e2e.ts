import { afterAll, expect, it } from 'vitest';
import { plainOctochat } from '../support/faults/images.js';
import { ask } from '../support/faults/look.js';
import { times } from '../support/faults/thorough.js';
import { startLoad } from '../support/load/load.js';
import { hotDeploy } from '../support/world/command.js';
import { eventually, handle, published, removeContainers, start } from '../support/world/container.js';
import { docker, removeImages } from '../support/world/images.js';
import { evaluate } from '../support/world/inside.js';

afterAll(async () => {
  await removeContainers();
  await removeImages();
});

const upgrades = times({ smoke: 2, some: 16, all: 50 }, 'HOT_DEPLOY_SOAK');
/** Until then everything that is made once has been made. */
const settledAfter = 10;

/** What may pile up in a node and in its container. */
interface Measured {
  readonly atoms: number;
  readonly processes: number;
  readonly ports: number;
  readonly tables: number;
  readonly modules: number;
  /** Bytes, all four. */
  readonly code: number;
  readonly binaries: number;
  readonly memory: number;
  readonly disk: number;
  readonly files: number;
  /** Modules with old code that is not purged yet. */
  readonly old: number;
}

/** How much more of each there may be after the last than after the tenth: what forty upgrades may leave behind. */
const mostGrowth: Measured = {
  atoms: 0,
  // Requests that are under way at the moment.
  processes: 5,
  ports: 0,
  tables: 2,
  modules: 0,
  code: 100_000,
  binaries: 1_000_000,
  memory: 3_000_000,
  disk: 4096,
  files: 0,
  old: 0,
};

const measure = `
_ = [erlang:garbage_collect(P) || P <- processes()],
lists:append([integer_to_list(N) ++ " " || N <- [
  erlang:system_info(atom_count), erlang:system_info(process_count), erlang:system_info(port_count),
  length(ets:all()), length(code:all_loaded()), erlang:memory(code), erlang:memory(binary), erlang:memory(total),
  length([M || {M, _} <- code:all_loaded(), erlang:check_old_code(M)])]])`;

const leaving = upgrades > settledAfter ? ' and leave nothing behind that piles up' : '';

it(`${upgrades} hot upgrades there and back lose no request${leaving}`, async () => {
  const [one, two] = [await plainOctochat(1), await plainOctochat(2)];
  const { name } = await start(one, await published(4040, 8080));
  const web = handle(name);
  await eventually('its boot', () => ask(name));
  const before = await web.inspect();
  const [tcpPort, httpPort] = [await web.port(4040), await web.port(8080)];
  const load = await startLoad({
    targets: [{ name, tcpPort, httpPort }],
    connectionsPerTarget: 10,
    httpRequestsPerSecondPerTarget: 20,
    pingsPerSecondPerConnection: 5,
    maxSeconds: 900,
  });
  const measured: Measured[] = [];
  try {
    const common = ['--containers', name, '--environment', name, '--soak', '100ms', '--rehearse', 'never'];
    for (let at = 1; at <= upgrades; at++) {
      const words =
        at % 2 === 1
          ? ['deploy', ...common, '--image', two, '--no-build', '--strategy', 'relup']
          : ['rollback', ...common, '--strategy', 'relup'];
      const { code, report, stderr } = await hotDeploy(words);
      expect({ at, code, method: report?.method, message: report?.message }, stderr).toMatchObject({
        code: 0,
        method: 'relup',
      });
      measured.push(await measureOf(name));
      const { failed, connectionsLost } = load.counters();
      expect({ at, failed, connectionsLost }).toEqual({ at, failed: 0, connectionsLost: 0 });
    }
  } finally {
    process.stdout.write(`${told(measured)}\n${JSON.stringify((await load.stop()).total)}\n`);
  }
  const { total } = await load.stop();
  expect(total).toMatchObject({
    failed: 0,
    connectionsLost: 0,
    countersBroken: 0,
    valuesLost: 0,
    repliesOutOfOrder: 0,
  });
  expect((await web.inspect()).State.StartedAt).toBe(before.State.StartedAt);
  if (upgrades <= settledAfter) return;
  const [tenth, last] = [measured[settledAfter - 1], measured.at(-1)];
  if (tenth === undefined || last === undefined) throw new Error(`${measured.length} upgrades were measured`);
  const growth = Object.entries(mostGrowth).map(([what, most]) => ({
    what,
    grew: last[what as keyof Measured] - tenth[what as keyof Measured],
    most,
  }));
  expect(growth.filter(({ grew, most }) => grew > most)).toEqual([]);
}, 900_000);

async function measureOf(name: string): Promise<Measured> {
  const said = JSON.parse(await evaluate(handle(name), measure.replaceAll('\n', ' '))) as string;
  const [atoms = 0, processes = 0, ports = 0, tables = 0, modules = 0, code = 0, binaries = 0, memory = 0, old = 0] =
    said.trim().split(' ').map(Number);
  const list = 'du -s --block-size=1 /app; find /app -type f | wc -l';
  const [disk = 0, files = 0] = (await docker('exec', '-u', '0', name, 'sh', '-c', list))
    .split('\n')
    .map((line) => Number.parseInt(line, 10));
  return { atoms, processes, ports, tables, modules, code, binaries, memory, disk, files, old };
}

function told(measured: readonly Measured[]): string {
  const chosen = measured.map((each, at) => ({ at: at + 1, ...each })).filter(({ at }) => at === 1 || at % 10 === 0);
  return chosen.map((each) => JSON.stringify(each)).join('\n');
}
