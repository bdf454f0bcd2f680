import type { Answer, Disk, Life } from './program.js';
import { modulesIn, root } from './release.js';

/** How an installation ends that does not come through. */
export type Installs = 'refused' | 'unlike' | 'restarting';

type Status = 'permanent' | 'current' | 'old' | 'unpacked';

/** What release_handler has written down of the releases in the container. */
const recordsFile = `${root}/releases/RELEASES`;
/** How long an installation takes. */
const installMs = 40;
/** How long somebody waits who is not alone in the agent. */
const patienceMs = 20_000;

/** The agent's answers to requests by name, as far as a deploy, a rollback and a recovery ask it. `test/model/agent-conformance.ts` holds them to a real node's. */
export function agent(life: Life, bootMs: number, installs: (to: string) => Installs | undefined) {
  const { memory, disk } = life;
  const runs = () => String(memory.get('runs'));
  const said = (ok: unknown): Answer => ({ stdout: `\nhot-deploy-answer ${JSON.stringify({ ok })}\n` });
  const refused = (error: string, detail: string): Answer => ({
    stdout: `\nhot-deploy-answer ${JSON.stringify({ error, detail })}\n`,
  });

  const identity = () => identityOf(runs(), modulesIn(disk.read, runs()));
  const answers: Readonly<Record<string, (argument: string) => Answer>> = {
    'hot_deploy_node:identify': () => said(identity()),
    'hot_deploy_node:unload_old': () => said({ lingering: [] }),
    'hot_deploy_tree:read': () => said({ applications: {} }),
    'hot_deploy_hosts:ended': () => said([]),
    'hot_deploy_check:ready': () => said({ identity: identity(), check: noProcesses }),
    'hot_deploy_held:look': () => said({ installing: false, held: [] }),
    'hot_deploy_held:resume': () => said({ unanswering: [] }),
    'hot_deploy_install:install': (argument) => install(/'to'=>"([^"]+)"/.exec(argument)?.[1] ?? '', argument),
    'hot_deploy_install:make_permanent': (argument) => makePermanent(JSON.parse(argument) as string),
    'hot_deploy_install:unstage': (argument) => {
      const version = /'version'=>"([^"]+)"/.exec(argument)?.[1] ?? '';
      const paths = [...(/'paths'=>\[([^\]]*)\]/.exec(argument)?.[1] ?? '').matchAll(/"([^"]+)"/g)].map(
        ([, path]) => path,
      );
      if (version === runs()) return refused('running', version);
      for (const path of paths) if (!used(`${root}/${path}`)) disk.remove(`${root}/${path}`);
      if (paths.includes(`releases/${version}`)) record(records().filter(([known]) => known !== version));
      return said({ removed: paths.length });
    },
    'hot_deploy_shelf:prune': (argument) => prune(Number(/'keep'=>(\d+)/.exec(argument)?.[1])),
  };

  /** The directories that code is looked for in. */
  const used = (directory: string) => `${root}/lib/app-${runs()}/ebin`.startsWith(`${directory}/`);

  const records = () => recordsOf(disk);
  const record = (all: ReturnType<typeof records>) =>
    disk.write(recordsFile, all.map((words) => `${words.join(' ')}\n`).join(''));

  function install(to: string, argument: string): Answer {
    const from = runs();
    const relup = `${root}/releases/${argument.includes("'direction'=>'up'") ? to : from}/relup`;
    if (to === from) return said({ result: 'refused', why: 'no_matching_relup' });
    if (disk.read(relup) === undefined) return said({ result: 'refused', why: 'no such file: relup' });
    const known = records();
    const how = installs(to);
    if (how === 'refused') return said({ result: 'refused', why: 'code_change of <0.7.0> failed in app_web: error' });
    if (how === 'restarting') {
      // The VM boots the old one again, in the same container and the same process.
      memory.clear();
      begin(life, life.upMs + installMs);
      return said({ result: 'restarting', why: 'code_change of <0.7.0> failed in app_web: error' });
    }
    memory.set('runs', to);
    const others = known.filter(([version]) => version !== to);
    const before = known.find(([version]) => version === to)?.[1];
    record([
      [to, before === 'permanent' ? 'permanent' : 'current'],
      ...others.map(([version, status]) => [version, status === 'current' ? 'old' : status] as const),
    ]);
    return said({
      ...{ result: 'installed', microseconds: 700, held: 1, identity: identity(), tree: { applications: {} } },
      environment: { matching: 1, differing: how === 'unlike' ? ['app:key'] : [] },
      registered: { before: noNames, now: noNames },
      ...{ remaining: [], oldCode: [], watched: [], notMigrated: [] },
    });
  }

  function makePermanent(version: string): Answer {
    const known = records();
    const status = known.find(([each]) => each === version)?.[1];
    if (status !== 'current' && status !== 'permanent') {
      return said({ result: 'refused', why: status === undefined ? 'no_such_release' : 'bad_status' });
    }
    record(known.map(([each, its]) => [each, each === version ? 'permanent' : its === 'permanent' ? 'old' : its]));
    disk.write(`${root}/releases/start_erl.data`, `13.1.5 ${version}\n`);
    return said({ result: 'permanent', startErlData: `13.1.5 ${version}\n` });
  }

  function prune(keep: number): Answer {
    const old = records().filter(([, status]) => status === 'old');
    const gone = old.slice(keep).map(([version]) => version);
    for (const version of gone) {
      if (!used(`${root}/lib/app-${version}`)) disk.remove(`${root}/lib/app-${version}`);
      disk.remove(`${root}/releases/${version}`);
    }
    record(records().filter(([version]) => !gone.includes(version)));
    return said({
      ...{
        kept: old.slice(0, keep).map(([version]) => ({ version, bytes: 1 })),
        removed: gone,
        bytesFreed: gone.length,
      },
    });
  }

  const isBooted = () => life.upMs >= bootMs + Number(memory.get('bootedAt') ?? 0);
  const isOvertaken = (environment: string, token: number): number => {
    const known = Number(memory.get(`token of ${environment}`) ?? 0);
    memory.set(`token of ${environment}`, Math.max(known, token));
    return known > token ? known : 0;
  };

  /** One request, as erl_call hands it over; undefined where the agent has no such function here. */
  return (source: string): Answer | undefined => {
    const [, module, name, argument = '', environment = '', token] =
      /^hot_deploy_agent:main\('(\w+)','(\w+)',(.*?)(?:,\{<<"([^"]*)">>,(\d+)\})?\) after /s.exec(
        source.slice(source.lastIndexOf('hot_deploy_agent:main(')),
      ) ?? [];
    const answer = answers[`${module}:${name}`];
    if (answer === undefined) return undefined;
    if (!isBooted()) return { exitCode: 1, stderr: 'failed to connect to node\n' };
    // One at a time is in the agent.
    const waits = Math.max(0, Number(memory.get('busy until') ?? 0) - life.upMs);
    if (waits > patienceMs)
      return { takesMs: patienceMs, atEnd: () => refused('busy', 'somebody else asks this node') };
    const takesMs = waits + (name === 'install' ? installMs : 0);
    if (takesMs > waits) memory.set('busy until', life.upMs + takesMs);
    const atEnd = () => {
      const later = token === undefined ? 0 : isOvertaken(environment, Number(token));
      return later > 0 ? refused('overtaken', `a later run (${later}) has changed this node`) : answer(argument);
    };
    return takesMs > 0 ? { takesMs, atEnd } : atEnd();
  };
}

/** What a VM knows when it boots: release_handler takes what ran, and was not permanent, for one that never did. */
export function begin({ memory, disk }: Life, bootedAt = 0): void {
  const version = bootedOf(disk);
  memory.set('runs', version);
  memory.set('boots', version);
  if (bootedAt > 0) memory.set('bootedAt', bootedAt);
  const known = disk.read(recordsFile)?.toString('utf8');
  if (known !== undefined) disk.write(recordsFile, known.replaceAll(' current\n', ' unpacked\n'));
}

/** The releases that release_handler knows, and what it says of each. */
export function recordsOf(disk: Disk): readonly (readonly [version: string, Status])[] {
  const lines = disk.read(recordsFile)?.toString('utf8').split('\n').filter(Boolean);
  return (lines ?? [`${bootedOf(disk)} permanent`]).map((line) => line.split(' ') as [string, Status]);
}

/** Of which version a boot is. */
export function bootedOf(disk: Disk): string {
  return disk.read(`${root}/releases/start_erl.data`)?.toString('utf8').trim().split(' ')[1] ?? '';
}

const noNames = { names: [], tables: [], terms: [] };
const noProcesses = {
  ...{ held: 1, supervisors: [], wouldDie: [], unanswering: [], unsupervised: [], funs: [], unseen: [], hosts: {} },
  counts: { app_web: 1 },
};

/** What a node says of itself. */
export const identityOf = (version: string, modules: Readonly<Record<string, string>> = {}) => ({
  ...{ name: 'app', version, erts: '13.1.5', otp: '25', root, node: 'app@host', osPid: '7', uptimeMs: 1 },
  ...{ booted: true, mode: 'embedded', sasl: true, heart: false, writable: true, modules, codePath: [], connected: [] },
  applications: [
    ...Object.keys(modules)
      .slice(0, 1)
      .map(() => ({ name: 'app', version, running: true, mode: 'permanent', directory: `${root}/lib/app-${version}` })),
  ],
});
