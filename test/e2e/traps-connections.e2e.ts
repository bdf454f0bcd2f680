import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { itNightly } from '../support/nightly.js';
import {
  type Container,
  connect,
  eventually,
  type Lines,
  removeContainers,
  start,
} from '../support/world/container.js';
import { deployTo } from '../support/world/deploying.js';
import { image, removeImages } from '../support/world/images.js';
import { apartFromRecord, evaluate, standing } from '../support/world/inside.js';
import { octochat } from '../support/world/octochat.js';

afterAll(async () => {
  await removeContainers();
  await removeImages();
});

/** Each client has a process that waits in gen_tcp:recv and calls itself by its local name: it never leaves its code. */
const waiting = (edition: number) => `defmodule Octochat.Connection do
  @behaviour Octochat.Acceptor

  @impl true
  def accepted(socket) do
    {:ok, pid} = Task.Supervisor.start_child(Octochat.RequestSupervisor, __MODULE__, :serve, [socket])
    _ = :gen_tcp.controlling_process(socket, pid)
    :ok
  end

  def edition, do: ${edition}
  def serve(socket), do: loop(socket, 1)

  defp loop(socket, seen) do
    case :gen_tcp.recv(socket, 0) do
      {:ok, line} ->
        _ = :gen_tcp.send(socket, [Octochat.Command.run(line, seen), ?\\n])
        loop(socket, seen + 1)

      {:error, _closed} ->
        :ok
    end
  end
end
`;
const connection = 'apps/octochat/lib/octochat/connection.ex';
const variant = (version: string, edition: number) =>
  image(octochat({ version, files: { [connection]: waiting(edition) } }));
const lingering = { modules: ['Elixir.Octochat.Connection'] };

describe('a connection whose process waits inside old code', () => {
  let web: Container;
  let client: Lines;

  beforeAll(async () => {
    web = await start(await variant('0.1.0', 1));
    client = await connect(await web.port(4040));
    expect(await client.ask('PING')).toBe('PONG 0.1.0 1');
  });

  it('lives through the upgrade and through make_permanent, is answered by new code, and is reported', async () => {
    const { report, log } = await deployTo(web.name, {
      image: await variant('0.1.1', 2),
      lingering: 'keep',
      drain: '600ms',
    });

    expect(report).toMatchObject({ outcome: 'deployed', method: 'relup', containers: [{ lingering: [lingering] }] });
    expect(report.containers[0]?.lingering).toHaveLength(1);
    expect(log).toContain('still inside old code');
    expect(await evaluate(web, '[V || {_, V, _, permanent} <- release_handler:which_releases()]')).toBe('["0.1.1"]');
    expect(client.lost).toBe(false);
    expect(await client.ask('PING')).toBe('PONG 0.1.1 2');
    // Whoever comes now is served by new code altogether.
    expect(await evaluate(web, "'Elixir.Octochat.Connection':edition()")).toBe('2');
    const late = await connect(await web.port(4040));
    expect(await late.ask('PING')).toBe('PONG 0.1.1 1');
    late.close();
  });

  it('closes the hot way for a third version of that module, which would kill it: the container is restarted instead', async () => {
    const next = await variant('0.1.2', 3);
    const { report: planned } = await deployTo(web.name, { mode: 'plan', image: next });
    expect(planned).toMatchObject({
      outcome: 'planned',
      method: 'recreate',
      reasons: [{ code: 'processes-would-die' }],
    });
    expect(planned.reasons[0]?.message).toContain('Octochat.Connection');
    expect(await client.ask('PING')).toMatch(/^PONG 0\.1\.1 \d+$/);

    const { report } = await deployTo(web.name, { image: next });

    expect(report).toMatchObject({
      outcome: 'deployed',
      method: 'recreate',
      reasons: [{ code: 'processes-would-die' }],
    });
    expect(await (await connect(await web.port(4040))).ask('PING')).toBe('PONG 0.1.2 1');
  });

  itNightly('is ended after the drain where lingering is kill, and nobody else is', async () => {
    const other = await start(await variant('0.1.0', 1));
    const [first, second] = [await connect(await other.port(4040)), await connect(await other.port(4040))];
    await Promise.all([first.ask('PING'), second.ask('PUT arms 8')]);

    const { report } = await deployTo(other.name, {
      image: await variant('0.1.1', 2),
      lingering: 'kill',
      drain: '600ms',
    });

    expect(report).toMatchObject({ outcome: 'deployed', method: 'relup', containers: [{ lingering: [] }] });
    await eventually('the end of both connections', async () => (first.lost && second.lost ? true : undefined));
    expect(await evaluate(other, "erlang:check_old_code('Elixir.Octochat.Connection')")).toBe('false');
    const late = await connect(await other.port(4040));
    expect(await late.ask('PING')).toBe('PONG 0.1.1 1');
    expect(await late.ask('GET arms')).toBe('8');
  });

  itNightly('costs a restart where lingering is restart, and the report says that it was one', async () => {
    const other = await start(await variant('0.1.0', 1));
    await (await connect(await other.port(4040))).ask('PING');

    const { report } = await deployTo(other.name, {
      image: await variant('0.1.1', 2),
      lingering: 'restart',
      drain: '600ms',
    });

    expect(report).toMatchObject({ outcome: 'deployed', method: 'recreate', containers: [{ method: 'recreate' }] });
    expect(await (await connect(await other.port(4040))).ask('PING')).toBe('PONG 0.1.1 1');
  });

  it('is lost only where its code has to come back: a downgrade would kill it as well, so the container is restarted', async () => {
    const other = await start(await variant('0.1.0', 1));
    const client = await connect(await other.port(4040));
    await client.ask('PING');
    const before = await standing(other);
    const sick = octochat({
      version: '0.1.3',
      files: { [connection]: waiting(2) },
      replace: { 'apps/octochat/lib/octochat/endpoint.ex': [['"200 OK", "text/plain"', '"500 Oops", "text/plain"']] },
    });

    const { report, log } = await deployTo(other.name, {
      image: await image(sick),
      probe: 'http://{container}:8080/health',
      soak: '2s',
    });

    expect(report).toMatchObject({ outcome: 'rolled-back', method: 'relup' });
    expect(report.message).toMatch(
      /the probe has failed for .* by a restart of the container \(.*\) and runs 0\.1\.0 again/,
    );
    expect(log).toContain('processes are still in old code of');
    expect(await (await connect(await other.port(4040))).ask('PING')).toBe('PONG 0.1.0 1');
    expect({ ...apartFromRecord(await standing(other)), processes: '' }).toEqual({
      ...apartFromRecord(before),
      processes: '',
    });
  });
});
