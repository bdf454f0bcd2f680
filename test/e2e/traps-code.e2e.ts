import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { itNightly } from '../support/nightly.js';
import { type Container, connect, type Lines, removeContainers, start } from '../support/world/container.js';
import { deployTo } from '../support/world/deploying.js';
import { image, removeImages } from '../support/world/images.js';
import { apartFromRecord, evaluate, standing } from '../support/world/inside.js';
import { octochat } from '../support/world/octochat.js';

afterAll(async () => {
  await removeContainers();
  await removeImages();
});

const command = 'apps/octochat/lib/octochat/command.ex';

describe('code that would silently stay old', () => {
  const load = (module: string) => `{load_module, '${module}', soft_purge, soft_purge, []}`;
  const appup = (version: string, up: readonly string[], down = up) => `{"${version}",
  [{"0.1.0", [${up.join(', ')}]}],
  [{"0.1.0", [${down.join(', ')}]}]}.
`;
  const extra = { 'apps/octochat/lib/octochat/extra.ex': 'defmodule Octochat.Extra do\n  def arms, do: 8\nend\n' };
  let web: Container;
  let client: Lines;

  beforeAll(async () => {
    web = await start(await image({ example: 'octochat', version: 1, debian: 'bookworm' }));
    client = await connect(await web.port(4040));
    await client.ask('PUT arms 8');
  });

  it('is never called deployed: modules that a hand-written appup forgets are found before anything changes', async () => {
    const forgetful = octochat({
      version: '0.1.1',
      replace: { [command]: [['"PONG ', '"pong ']] },
      files: extra,
      appup: appup('0.1.1', [load('Elixir.Octochat')]),
    });

    const { report } = await deployTo(web.name, { image: await image(forgetful), mode: 'plan' });

    expect(report).toMatchObject({ outcome: 'planned', method: 'recreate' });
    expect(report.reasons.map(({ code, subject }) => `${code} ${subject}`)).toEqual([
      'appup-incomplete octochat: Octochat.Command',
      'appup-incomplete octochat: Octochat.Extra',
      'appup-incomplete octochat: Octochat.Extra',
    ]);
    expect(report.reasons.map(({ message }) => message).join('\n')).toMatch(
      /it changed, and is not loaded on the way up and down\. Add `\{load_module,'Elixir\.Octochat\.Command'\}`/,
    );
  });

  it('is never called deployed: a changed module that a hand-written appup loads and puts back', async () => {
    const before = await standing(web);
    const back = `{apply, {code, load_abs, ["/app/lib/octochat-0.1.0/ebin/Elixir.Octochat.Command"]}}`;
    const loads = [load('Elixir.Octochat'), load('Elixir.Octochat.Command')];
    const sly = octochat({
      version: '0.1.1',
      replace: { [command]: [['"PONG ', '"pong ']] },
      appup: appup('0.1.1', [...loads, back], loads),
    });

    const { report } = await deployTo(web.name, { image: await image(sly) });

    expect(report).toMatchObject({ outcome: 'rolled-back', method: 'relup' });
    expect(report.message).toContain('did not equal a cold boot: modules Elixir.Octochat.Command');
    expect(report.message).toContain('by a hot downgrade and runs 0.1.0 again');
    expect(await client.ask('PING')).toBe('PONG 0.1.0 2');
    expect(await client.ask('GET arms')).toBe('8');
    expect(apartFromRecord(await standing(web))).toEqual(apartFromRecord(before));
  });

  itNightly('is never called deployed: a new module that a hand-written appup adds and drops', async () => {
    const before = await standing(web);
    const drop = `{apply, {code, delete, ['Elixir.Octochat.Extra']}}, {apply, {code, purge, ['Elixir.Octochat.Extra']}}`;
    const sly = octochat({
      version: '0.1.2',
      files: extra,
      appup: appup(
        '0.1.2',
        [load('Elixir.Octochat'), load('Elixir.Octochat.Extra'), drop],
        [load('Elixir.Octochat'), `{delete_module, 'Elixir.Octochat.Extra'}`],
      ),
    });

    const { report } = await deployTo(web.name, { image: await image(sly) });

    expect(report).toMatchObject({ outcome: 'rolled-back', method: 'relup' });
    expect(report.message).toContain('did not equal a cold boot: modules Elixir.Octochat.Extra');
    expect(await client.ask('PING')).toMatch(/^PONG 0\.1\.0 \d+$/);
    expect(apartFromRecord(await standing(web))).toEqual(apartFromRecord(before));
  });

  it('is loaded where the version of its application stays the same, though systools would leave it out', async () => {
    const unbumped = octochat({ version: '0.1.3', bumped: [], replace: { [command]: [['"PONG ', '"pong ']] } });

    const { report } = await deployTo(web.name, { image: await image(unbumped) });

    expect(report).toMatchObject({ outcome: 'deployed', method: 'relup', reasons: [] });
    expect(await (await connect(await web.port(4040))).ask('PING')).toBe('pong 0.1.0 1');
  });

  it('costs a restart where somebody loaded a module by hand, since nobody can name what runs', async () => {
    await evaluate(
      web,
      `Forms = [begin {ok, Tokens, _} = erl_scan:string(Line), {ok, Form} = erl_parse:parse_form(Tokens), Form end ||
         Line <- ["-module('Elixir.Octochat.JSON').", "-export([object/1]).", "object(_) -> <<\\"{}\\">>."]],
       {ok, Module, Beam} = compile:forms(Forms),
       code:load_binary(Module, "by hand", Beam)`,
    );

    const { report } = await deployTo(web.name, {
      image: await image({ example: 'octochat', version: 2, debian: 'bookworm' }),
    });

    expect(report).toMatchObject({
      outcome: 'deployed',
      method: 'recreate',
      reasons: [{ code: 'baseline-mismatch', subject: 'octochat' }],
    });
    expect(report.reasons[0]?.message).toContain('Octochat.JSON');
    expect(await (await connect(await web.port(4040))).ask('PING')).toBe('PONG 0.2.0 1');
  });
});

describe('consolidated protocols', () => {
  const unconsolidated = `[P || P <- ['Elixir.Enumerable', 'Elixir.Inspect', 'Elixir.String.Chars', 'Elixir.Octochat.Render'], not P:'__protocol__'('consolidated?')]`;
  const directories = `{[D || D <- code:get_path(), filename:basename(D) =:= "consolidated"], hd(code:get_path())}`;
  let web: Container;
  let client: Lines;

  beforeAll(async () => {
    web = await start(await image({ example: 'octochat', version: 1, debian: 'bookworm' }));
    client = await connect(await web.port(4040));
    expect(await client.ask('SHOW tuple')).toBe('ERROR unsupported');
  });

  it('know a new implementation, stay consolidated, and come from the new release’s directory alone', async () => {
    const next = await image({ example: 'octochat', version: 2, debian: 'bookworm' });

    const { report } = await deployTo(web.name, { image: next });

    expect(report).toMatchObject({ outcome: 'deployed', method: 'relup' });
    expect(report.containers[0]?.proof?.protocols).toMatchObject({ differing: [] });
    expect(await client.ask('SHOW tuple')).toBe('{4 2}');
    expect(await client.ask('SHOW list')).toBe('[1 2 3]');
    expect(await evaluate(web, unconsolidated)).toBe('[]');
    const directory = '"/app/lib/../releases/0.2.0/consolidated"';
    expect(await evaluate(web, directories)).toBe(`{[${directory}],${directory}}`);
    const cold = await start(next);
    expect(await evaluate(web, 'lists:sort(code:get_path())')).toBe(
      await evaluate(cold, 'lists:sort(code:get_path())'),
    );
  });

  itNightly('that the old release did not have are there, too', async () => {
    const loud = `defprotocol Octochat.Loud do
  def say(term)
end

defimpl Octochat.Loud, for: Integer do
  def say(integer), do: "#{integer}!"
end
`;
    const more = octochat({
      version: '0.2.1',
      basis: 2,
      files: { 'apps/octochat/lib/octochat/loud.ex': loud },
      replace: {
        [command]: [['defp show("integer"), do: render(42)', 'defp show("integer"), do: Octochat.Loud.say(42)']],
      },
    });

    const { report } = await deployTo(web.name, { image: await image(more) });

    expect(report).toMatchObject({ outcome: 'deployed', method: 'relup' });
    expect(await client.ask('SHOW integer')).toBe('42!');
    expect(await client.ask('SHOW tuple')).toBe('{4 2}');
    expect(await evaluate(web, unconsolidated)).toBe('[]');
    expect(await evaluate(web, "'Elixir.Octochat.Loud':'__protocol__'('consolidated?')")).toBe('true');
    const directory = '"/app/lib/../releases/0.2.1/consolidated"';
    expect(await evaluate(web, directories)).toBe(`{[${directory}],${directory}}`);
  });
});
