import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { worlds } from '../support/tier.js';
import { type Container, connect, healthy, type Lines, removeContainers, start } from '../support/world/container.js';
import { type Deployed, deployTo } from '../support/world/deploying.js';
import { docker, image, removeImages } from '../support/world/images.js';
import { environment, evaluate, standing } from '../support/world/inside.js';
import { octochat } from '../support/world/octochat.js';

const runtime = 'config/runtime.exs';
const last = 'greeting: System.get_env("OCTOCHAT_GREETING", "hello")';

afterAll(async () => {
  await removeContainers();
  await removeImages();
});

/** In the container, once the secret was seen in a file. */
const sighted = '/dev/shm/sighted';

describe('the runtime configuration of a mix release', () => {
  const secret = 'Gürteltier-4711';
  const variables = [
    '-e',
    'OCTOCHAT_GREETING=ahoi',
    '-e',
    'OCTOCHAT_MOTTO=given to the container',
    '-e',
    'OCTOCHAT_LOG_LEVEL=warning',
  ];
  // What an entrypoint exports counts more than what the container was given.
  const command = ['sh', '-c', `OCTOCHAT_MOTTO=${secret} exec bin/octochat start`];
  // The application remembers what it was told, and migrates once somebody has seen the file that holds the secret.
  const observed = octochat({
    version: '0.2.0',
    basis: 2,
    bumped: [],
    replace: {
      [runtime]: [['config :octochat,', 'config :octochat,\n  limit: 2,']],
      'apps/octochat/lib/octochat/application.ex': [
        [
          '    Octochat.Changes.record(',
          '    :persistent_term.put(:told, {changed, new, Application.get_all_env(:octochat)})\n    Octochat.Changes.record(',
        ],
      ],
      'apps/kv/lib/kv.ex': [
        [
          'def code_change(1, data, _extra), do: {:ok, counting(data)}',
          `def code_change(1, data, _extra) do
    Enum.find(Stream.repeatedly(fn -> Process.sleep(50) end), fn _ -> File.exists?("${sighted}") end)
    {:ok, counting(data)}
  end`,
        ],
      ],
    },
  });
  let web: Container;
  let deployed: Deployed;
  let seen: string;

  beforeAll(async () => {
    const [one, two] = await Promise.all([
      image({ example: 'octochat', version: 1, debian: 'bookworm' }),
      image(observed),
    ]);
    web = await start(one, variables, command);
    await evaluate(
      web,
      `application:set_env(octochat, theme, #{dark => {1, <<"ö"/utf8>>}}),
       application:set_env(octochat, keeper, whereis('Elixir.KV')),
       application:set_env(octochat, greeting, <<"changed under way">>),
       application:set_env(octochat, limit, 1)`,
    );
    const stop = watch(web, secret);
    deployed = await deployTo(web.name, { image: two, 'suspend-timeout': '60s' });
    seen = await stop();
    expect(deployed.report).toMatchObject({ outcome: 'deployed', method: 'relup' });
  });

  it('is the one a cold boot would have, and config_change/3 is told of those values', async () => {
    const cold = await start(await image(observed), variables, command);
    const own = ['octochat:theme', 'octochat:keeper', 'octochat:greeting'];
    expect(await environment(web, own)).toEqual(await environment(cold, own));
    expect(await evaluate(web, 'application:get_env(octochat, motto)')).toBe(`{ok,<<"${secret}"/utf8>>}`);
    expect(await evaluate(web, 'application:get_env(logger, level)')).toBe('{ok,warning}');
    const [changed, created, all] = await Promise.all(
      [1, 2, 3].map((at) => evaluate(web, `element(${at}, persistent_term:get(told))`)),
    );
    expect(changed).toBe('[{limit,2}]');
    expect(created).toBe(`[{motto,<<"${secret}"/utf8>>}]`);
    expect(all).toContain(`{motto,<<"${secret}"/utf8>>}`);
    expect(all).toContain('{http_port,8080}');
  });

  it('keeps what the application put there while it ran, where the new release does not configure it otherwise', async () => {
    expect(await evaluate(web, 'application:get_env(octochat, theme)')).toBe('{ok,#{dark => {1,<<"ö"/utf8>>}}}');
    expect(await evaluate(web, `application:get_env(octochat, keeper) =:= {ok, whereis('Elixir.KV')}`)).toBe('true');
    expect(await evaluate(web, 'application:get_env(octochat, greeting)')).toBe('{ok,<<"changed under way">>}');
    expect(await evaluate(web, 'application:get_env(octochat, limit)')).toBe('{ok,2}');
  });

  it('holds its secrets in one file for as long as the switch takes, and nobody but the VM’s user can read it', () => {
    const sightings = new Set(seen.split('\n'));
    expect([...sightings]).toEqual(['600 octochat /app/releases/0.2.0/sys.config']);
  });

  it('leaves no secret in any file of the container, in the log, in the report or in the bundle', async () => {
    const search = ['grep', '-rlF', '-e', secret, '/app', '/tmp'];
    expect(await docker('exec', '-u', '0', web.name, 'sh', '-c', '"$@" || true', 'sh', ...search)).toBe('');
    expect(deployed.log).not.toContain(secret);
    expect(JSON.stringify(deployed.report)).not.toContain(secret);
    expect(gunzipSync(readFileSync(deployed.report.bundle?.path ?? '')).includes(secret)).toBe(false);
  });
});

// Looks for the secret in files again and again, until told to stop: mode and owner of each file that holds it.
function watch(container: Container, secret: string): () => Promise<string> {
  const script = `
cd /dev/shm && printf %s "$1" >secret
while ! [ -e stop ]; do
  find /app /tmp -type f ! -name '*.beam' -exec grep -lF -f secret {} + | while read -r file; do
    { mode=$(stat -L -c '%a %U' /proc/self/fd/4); grep -qF -f secret <&4 && echo "$mode $file" && touch ${sighted}; } 4<"$file"
  done
done
true`;
  const sightings = docker('exec', '-u', '0', container.name, 'sh', '-c', script, 'sh', secret);
  return async () => {
    await docker('exec', '-u', '0', container.name, 'touch', '/dev/shm/stop');
    return await sightings;
  };
}

describe('a configuration that cannot be carried over', () => {
  const raising = octochat({
    version: '0.1.1',
    replace: { [runtime]: [[last, `${last},\n  region: System.fetch_env!("OCTOCHAT_REGION")`]] },
  });
  const raisingHere = octochat({
    version: '0.1.4',
    replace: {
      [runtime]: [[last, `${last},\n  region: if(File.exists?("/tmp/raise"), do: raise("no region"), else: "eu")`]],
    },
  });
  const closure = octochat({
    version: '0.1.2',
    replace: { [runtime]: [[last, `${last},\n  render: fn text -> text <> "!" end`]] },
  });
  const capture = octochat({
    version: '0.1.3',
    replace: { [runtime]: [[last, `${last},\n  render: &String.upcase/1`]] },
  });
  let web: Container;
  let client: Lines;

  beforeAll(async () => {
    web = await start(await image({ example: 'octochat', version: 1, debian: 'bookworm' }), [
      '-e',
      'OCTOCHAT_GREETING=ahoi',
    ]);
    client = await connect(await web.port(4040));
    await client.ask('PUT arms 8');
  });

  it('is refused with what its boot says where runtime.exs raises everywhere', async () => {
    const before = await standing(web);

    const { report } = await deployTo(web.name, { image: await image(raising) });

    expect(report).toMatchObject({ outcome: 'refused', method: 'none', from: '0.1.0' });
    const [{ message } = { message: '' }] = (report.containers[0]?.reasons ?? []).filter(
      ({ code }) => code === 'cold-boot-failed',
    );
    expect(message).toContain('OCTOCHAT_REGION');
    expect(await standing(web)).toEqual(before);
  });

  it('leaves everything untouched when runtime.exs raises in the container', async () => {
    await web.exec('touch', '/tmp/raise');
    const before = await standing(web);

    const { report } = await deployTo(web.name, { image: await image(raisingHere) });

    await web.exec('rm', '/tmp/raise');
    expect(report).toMatchObject({ outcome: 'refused', method: 'relup', from: '0.1.0' });
    expect(report.message).toContain('configuration could not be resolved');
    expect(await standing(web)).toEqual(before);
    expect(await client.ask('PING')).toBe('PONG 0.1.0 2');
  });

  it('never silently empties the environment when a value of it is a fun', async () => {
    const before = await standing(web);

    const { report } = await deployTo(web.name, { image: await image(closure) });

    expect(report).toMatchObject({ outcome: 'refused', method: 'relup' });
    expect(report.message).toContain('octochat:render');
    expect(await standing(web)).toEqual(before);
    expect(await client.ask('PING')).toMatch(/^PONG 0\.1\.0 \d+$/);
  });

  it('is no obstacle where the fun has a name', async () => {
    const { report } = await deployTo(web.name, { image: await image(capture) });

    expect(report).toMatchObject({ outcome: 'deployed', method: 'relup' });
    expect(await evaluate(web, 'application:get_env(octochat, render)')).toBe("{ok,fun 'Elixir.String':upcase/1}");
    expect(await client.ask('GREETING')).toBe('ahoi');
    expect(await client.ask('PING')).toMatch(/^PONG 0\.1\.3 \d+$/);
    expect(await client.ask('GET arms')).toBe('8');
  });
});

describe.each(worlds)('the configuration that relx renders at the start, on Debian %s', (debian) => {
  it('is rendered for the new release from the variables of the running one, and its state machine goes on', async () => {
    const more = `{limit, \${TURNSTILE_LIMIT}}, {shift, \${TURNSTILE_SHIFT:-8}}`;
    const [one, two] = await Promise.all([
      image({ example: 'turnstile', version: 1, debian }),
      image({
        example: 'turnstile',
        version: 2,
        debian,
        replace: { 'config/sys.config.src': [['{fare, ', `${more}, {fare, `]] },
      }),
    ]);
    const gate = await start(one, ['-e', 'TURNSTILE_FARE=3', '-e', 'TURNSTILE_LIMIT=7']);
    const client = await connect(await gate.port(4050));
    expect(await client.ask('COIN')).toBe('MISSING 2');

    const { report } = await deployTo(gate.name, { image: two });

    expect(report).toMatchObject({ outcome: 'deployed', method: 'relup', from: '0.1.0', to: '0.2.0' });
    expect(report.containers[0]?.proof).toMatchObject({ converged: true, vm: { sameProcess: true } });
    expect(await client.ask('FARE')).toBe('3');
    expect(await client.ask('COIN')).toBe('MISSING 1');
    expect(await client.ask('PUSH')).toBe('LOCKED');
    expect(await client.ask('FINES')).toBe('1');
    expect(await client.ask('VERSION')).toBe('0.2.0 2');
    const configured = await evaluate(gate, 'lists:sort(application:get_all_env(turnstile))');
    expect(configured).toBe('[{fare,3},{limit,7},{port,4050},{shift,8}]');
    expect(await docker('exec', gate.name, 'stat', '-c', '%a %n', '/app/releases/0.2.0/sys.config')).toMatch(/^600 /);

    await docker('restart', gate.name);
    await healthy(gate);
    const again = await connect(await gate.port(4050));
    expect(await again.ask('VERSION')).toBe('0.2.0 0');
    expect(await evaluate(gate, 'lists:sort(application:get_all_env(turnstile))')).toBe(configured);
    expect((await deployTo(gate.name, { image: two })).report.outcome).toBe('unchanged');
  });
});
