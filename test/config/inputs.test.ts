import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { OptionName } from '../../src/config/options.js';
import { strategyOptions } from '../../src/reasons/strategies.js';
import { read, refusal } from '../support/inputs/reading.js';

const strategyWords = ['auto', ...strategyOptions].map((option) => `\`${option}\``).join(', ');

test('a name is enough: everything else has the default of the documentation', () => {
  expect(read({})).toEqual({
    mode: 'deploy',
    containers: [{ by: 'name', name: 'kv' }],
    nodes: 'containers',
    image: 'kv:2',
    build: { args: [] },
    context: '.',
    to: 'previous',
    strategy: 'auto',
    hotUpTo: 'major',
    releaseCommandTimeoutMs: 600_000,
    rehearse: 'auto',
    rehearseEnv: [],
    maxParallel: 4,
    maxUnavailable: 1,
    canary: 1,
    soakMs: 10_000,
    healthTimeoutMs: 120_000,
    drainMs: 30_000,
    lingering: 'keep',
    suspendTimeoutMs: 1_000,
    keep: 3,
    onFailure: 'rollback',
    environment: 'production',
    lockTimeoutMs: 600_000,
    reportPath: '.hot-deploy/report.json',
    bundlePath: '.hot-deploy',
    scriptPath: '.hot-deploy/hot-deploy.sh',
    unnamed: new Set(['report', 'bundle-path', 'script-path']),
    withEnv: false,
    dryRun: false,
    preview: false,
    comment: true,
    deployment: true,
  });
});

test('containers are named, labelled or of a compose service, one a line', () => {
  expect(
    read({ containers: '\n  kv-1\nlabel:role=web app\r\n\nlabel:empty=\ncompose:shop/cart\n' }).containers,
  ).toEqual([
    { by: 'name', name: 'kv-1' },
    { by: 'label', key: 'role', value: 'web app' },
    { by: 'label', key: 'empty', value: '' },
    { by: 'compose', project: 'shop', service: 'cart' },
  ]);
});

test.each(['lable:a=b', 'label:a', 'compose:shop', 'service:web', '-v', 'a b', '/kv'])(
  '%s selects nothing',
  (containers) => {
    expect(refusal({ containers: `kv\n${containers}` })).toMatch(
      `\`containers\` is ${JSON.stringify(containers)}. Allowed: a container's exact name, \`label:KEY=VALUE\``,
    );
  },
);

test.each([
  ['250ms', 250],
  ['10s', 10_000],
  ['1.5s', 1_500],
  ['5m', 300_000],
  ['2h', 7_200_000],
])('%s is %i ms', (soak, ms) => {
  expect(read({ soak }).soakMs).toBe(ms);
});

test.each(['10', '10 s', '-1s', '1e3ms', 'ms', '25h', '10S', '∞s'])('%s is no duration', (soak) => {
  expect(refusal({ soak })).toBe(
    `\`soak\` is ${JSON.stringify(soak)}. Allowed: a duration such as \`250ms\`, \`10s\`, \`5m\`.`,
  );
});

test('a process is never held for no time at all', () => {
  expect(refusal({ 'suspend-timeout': '0s' })).toContain('a duration of at least `1ms`');
});

test('a probe is read, and its interval, if it is given', () => {
  const http = { kind: 'http', host: '{container}', port: 4000, path: '/health' };
  expect(read({ probe: 'http://{container}:4000/health' })).toMatchObject({ probe: http });
  expect(read({ probe: 'tcp://{container}:4000' }).probeIntervalMs).toBeUndefined();
  expect(read({ probe: 'docker', 'probe-interval': '2s' }).probeIntervalMs).toBe(2_000);
  expect(read({ probe: 'none' }).probe).toEqual({ kind: 'none' });
});

test('a line of containers may have a probe of its own: all that stands behind the first mark', () => {
  const lines = [
    'compose:shop/web probe=http://{container}:4000/health?probe=1',
    'worker probe=none',
    'label:role=a b probe=exec:bin/kv rpc "a probe=b"',
    'label:probe=x',
  ];
  expect(read({ containers: lines.join('\n') }).containers).toEqual([
    {
      ...{ by: 'compose', project: 'shop', service: 'web' },
      probe: { kind: 'http', host: '{container}', port: 4000, path: '/health?probe=1' },
    },
    { by: 'name', name: 'worker', probe: { kind: 'none' } },
    { by: 'label', key: 'role', value: 'a b', probe: { kind: 'exec', command: 'bin/kv rpc "a probe=b"' } },
    { by: 'label', key: 'probe', value: 'x' },
  ]);
  expect(refusal({ containers: 'web probe=htp://x' })).toContain("probe 'htp://x' is of no known kind");
  expect(refusal({ containers: 'a b probe=none' })).toContain('`containers` is "a b"');
});

test.each([
  ['http://{containers}:4000/health', 'has the host {containers}, and only {container} is replaced'],
  ['tcp://{name}:4000', 'has the host {name}'],
  ['http://web-{container}:4000', 'has the host web-{container}'],
  ['http://%7Bcontainers%7D:4000', 'has the host {containers}'],
  ['http://web:4000/{container}/health', 'has {container} after its host'],
  ['exec:curl http://{container}:4000', 'localhost is meant there'],
])('the probe %s would never be answered, and is refused', (probe, problem) => {
  expect(refusal({ probe })).toContain(problem);
});

describe('one run tells all mistakes of its inputs:', () => {
  test('of several options, of several lines of one, and what cannot be meant together', () => {
    const message = refusal({
      soak: '10',
      containers: 'kv\n-v\na b',
      strategy: 'relup',
      lingering: 'restart',
      probe: 'x',
    });
    const lines = message.split('\n');
    expect(lines[0]).toBe('5 mistakes:');
    for (const [at, says] of [
      '`containers` is "-v"',
      '`containers` is "a b"',
      "probe 'x'",
      '`soak` is "10"',
    ].entries()) {
      expect(lines[at + 1]).toContain(says);
    }
    expect(lines[5]).toContain('`strategy` is "relup", which never restarts');
    expect(lines).toHaveLength(6);
  });

  test('also what is missing', () => {
    expect(refusal({ containers: '', image: '', soak: 'x' }).split('\n')).toEqual([
      '3 mistakes:',
      expect.stringContaining('`soak` is "x"'),
      expect.stringContaining('`containers` is missing'),
      expect.stringContaining('`image` is missing'),
    ]);
  });

  test('but no contradiction with an option that is a mistake already, and none twice', () => {
    expect(refusal({ mode: 'undo', to: '1.2.3' })).toMatch(/^`mode` is "undo"\.[^\n]*$/);
    expect(refusal({ build: 'false', target: '-f' })).toMatch(/^`target` is "-f"\.[^\n]*$/);
  });
});

test('a value that is nearly right is told with the one that was meant', () => {
  expect(refusal({ strategy: 'restrat' })).toBe(
    `\`strategy\` is "restrat". Did you mean \`restart\`? Allowed: ${strategyWords}.`,
  );
  expect(refusal({ mode: 'statsu' })).toContain('Did you mean `status`?');
});

test('an unknown probe is named, with those that are known', () => {
  expect(refusal({ probe: 'ping://kv' })).toMatch(/ping:\/\/kv.*exec:COMMAND/);
});

test.each<[OptionName, string, string]>([
  ['mode', 'undo', '`auto`, `deploy`, `plan`, `rehearse`, `rollback`, `script`, `status`, `uninstall`'],
  ['rehearse', 'sometimes', '`auto`, `always`, `never`'],
  ['rehearse-env', 'DATABASE_URL', '`KEY=VALUE`; one a line'],
  ['rehearse-network', '--host', 'the name of a Docker network'],
  ['strategy', 'start-first', strategyWords],
  ['hot-up-to', 'Major', '`patch`, `minor`, `major`'],
  ['lingering', 'purge', '`keep`, `kill`, `restart`'],
  ['on-failure', 'ignore', '`rollback`, `restart`, `stop`'],
  ['build', 'yes', '`true`, `false`'],
  ['max-parallel', '0', 'a whole number from 1'],
  ['canary', '1.5', 'a whole number from 0'],
  ['image', '--pull', 'an image reference such as `registry.example.com/team/app:1.2.3`'],
  ['target', '-f', 'the name of a build stage'],
  ['build-args', '--output=.', '`KEY=VALUE`, or `KEY` to take the value from the environment; one a line'],
  ['node-name', 'kv@host"]', '`NAME` or `NAME@HOST`'],
  ['environment', 'a\tb', 'text on one line'],
])('`%s: %s` is refused with what is allowed', (name, text, allowed) => {
  const message = refusal({ [name]: text });
  expect(message.startsWith(`\`${name}\` is ${JSON.stringify(text.replace(/=.*/, '=…'))}.`)).toBe(true);
  expect(allowed).toContain(message.replace(/^.*Allowed: /, '').replace(/\.$/, ''));
});

test('a cookie that can not be one is refused without being printed', () => {
  const message = refusal({ cookie: 'hun\nter2' });
  expect(message).toBe('`cookie` is not of one line. Allowed: text on one line.');
});

describe('what cannot be meant together', () => {
  test('an image that exists already has to be named', () => {
    expect(refusal({ build: 'false', image: '' }, { GITHUB_REPOSITORY: 'o/r', GITHUB_SHA: 'abc' })).toBe(
      '`build` is "false" and `image` is not given: name the existing image, or build one with `build: true` (`--build`).',
    );
  });

  test('a restart and nodes that run elsewhere', () => {
    const says = '`nodes` is "cluster", and a node that runs in none of the containers cannot be restarted, but';
    expect(refusal({ nodes: 'cluster', strategy: 'restart' })).toBe(`${says} \`strategy\` is "restart".`);
    expect(refusal({ nodes: 'cluster', lingering: 'restart' })).toBe(`${says} \`lingering\` is "restart".`);
    expect(read({ nodes: 'cluster' })).toMatchObject({ nodes: 'cluster' });
  });

  test('how to build says nothing about an image that is not built', () => {
    expect(refusal({ build: 'false', dockerfile: 'Dockerfile.prod' })).toContain(
      '`dockerfile` is given, which says how',
    );
    expect(refusal({ build: 'false', target: 'release' })).toContain('`target` is given, which says how');
  });

  test('but the context says where hand-written appups lie, too', () => {
    expect(read({ build: 'false', context: 'app' })).toMatchObject({ context: 'app' });
    expect(read({ build: 'false', context: 'app' }).build).toBeUndefined();
  });

  test('a relup at any price cannot restart because of lingering processes', () => {
    expect(refusal({ strategy: 'relup', lingering: 'restart' })).toContain('allowed with it are `keep`, `kill`');
  });
});

describe('a rehearsal', () => {
  test('is always held where nothing else was asked for', () => {
    expect(read({ mode: 'rehearse' }).rehearse).toBe('always');
    expect(read({}).rehearse).toBe('auto');
  });

  test('has nothing to try of a restart, and no command where it is never held', () => {
    expect(refusal({ mode: 'rehearse', strategy: 'restart' })).toContain('leaves nothing to rehearse');
    expect(refusal({ rehearse: 'never', 'rehearse-command': 'true' })).toContain('leave out one of the two');
  });

  test('gets a command of several lines, as a workflow writes it', () => {
    expect(read({ 'rehearse-command': 'set -e\ncurl -f localhost\n' }).rehearseCommand).toBe(
      'set -e\ncurl -f localhost\n',
    );
  });
});

describe('without `image`', () => {
  test('repository and commit name it, in the lower case that Docker wants', () => {
    const environment = { GITHUB_REPOSITORY: 'Acme/Shop', GITHUB_SHA: 'c0ffee' };
    expect(read({ image: '' }, environment).image).toBe('acme/shop:c0ffee');
  });

  test('it is missing where there is no such repository', () => {
    expect(refusal({ image: '' })).toMatch(/^`image` is missing/);
  });
});

describe('status', () => {
  const github = { GITHUB_REPOSITORY: 'acme/shop', GITHUB_SHA: 'c0ffee', GITHUB_EVENT_NAME: 'push' };

  test('means the image that is named, and none of its own accord: also not the one of this commit', () => {
    expect(read({ mode: 'status' }).image).toBe('kv:2');
    expect(read({ mode: 'status', image: '' }).image).toBeUndefined();
    expect(read({ mode: 'status', image: '' }, github).image).toBeUndefined();
  });

  test('builds nothing, and does not mind what is said about building', () => {
    expect(read({ mode: 'status' }).build).toBeUndefined();
    expect(read({ mode: 'status', image: '', build: 'false', dockerfile: 'Dockerfile.prod' }).build).toBeUndefined();
  });

  test('is what it is asked for on a pull request, too', () => {
    expect(read({ mode: 'status' }, { ...github, GITHUB_EVENT_NAME: 'pull_request' }).mode).toBe('status');
  });
});

describe('rollback', () => {
  const github = { GITHUB_REPOSITORY: 'acme/shop', GITHUB_SHA: 'c0ffee', GITHUB_EVENT_NAME: 'workflow_dispatch' };

  test('goes back to what ran before, or to what is named', () => {
    expect(read({ mode: 'rollback' }).to).toBe('previous');
    expect(read({ mode: 'rollback', to: '1.2.3+build.7' }).to).toBe('1.2.3+build.7');
    expect(refusal({ mode: 'rollback', to: '--force' })).toContain('a version, a commit or an image');
  });

  test('is meant where `to` is given, save on a pull request', () => {
    expect(read({ mode: 'auto', to: '1.2.3' }, github).mode).toBe('rollback');
    expect(read({ mode: 'auto', to: '' }, github).mode).toBe('deploy');
    expect(refusal({ mode: 'auto', to: '1.2.3' }, { ...github, GITHUB_EVENT_NAME: 'pull_request' })).toContain('`to`');
    expect(refusal({ mode: 'deploy', to: '1.2.3' })).toContain('Allowed with it is `rollback`');
  });

  test('builds nothing, and does not take the image of this commit for what it goes back to', () => {
    const inputs = read({ mode: 'rollback', image: '', dockerfile: 'Dockerfile.prod' }, github);
    expect([inputs.image, inputs.build]).toEqual([undefined, undefined]);
  });
});

test('without `containers` nothing runs', () => {
  expect(refusal({ containers: ' \n ' })).toMatch(/^`containers` is missing/);
});

test.each([
  ['pull_request', 'plan'],
  ['pull_request_target', 'plan'],
  ['merge_group', 'plan'],
  ['push', 'deploy'],
  ['workflow_dispatch', 'deploy'],
  [undefined, 'deploy'],
])('mode auto on %s is %s', (event, mode) => {
  expect(read({ mode: 'auto' }, { GITHUB_EVENT_NAME: event }).mode).toBe(mode);
});

test('whatever the texts are, reading them answers inputs or a usage error', () => {
  const texts = fc.dictionary(
    fc.constantFrom<OptionName>('containers', 'soak', 'probe', 'image', 'canary'),
    fc.string(),
  );
  fc.assert(
    fc.property(texts, (given) => {
      expect(refusal(given)).toEqual(expect.any(String));
    }),
  );
});
