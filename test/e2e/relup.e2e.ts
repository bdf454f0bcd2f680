import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, afterEach, expect, it } from 'vitest';
import { worlds } from '../support/tier.js';
import { removeContainers, start } from '../support/world/container.js';
import { deployTo } from '../support/world/deploying.js';
import { image, removeImages } from '../support/world/images.js';
import { evaluate } from '../support/world/inside.js';

afterEach(() => removeContainers());
afterAll(async () => {
  await removeImages();
});

/** What a stock release lacks for release_handler, and then OTP's own check of the relup. */
const check = `
  ok = release_handler:create_RELEASES("/app", "/app/releases", "/app/releases/0.1.0/octochat.rel", []),
  ok = supervisor:terminate_child(sasl_sup, release_handler),
  {ok, _} = supervisor:restart_child(sasl_sup, release_handler),
  {ok, _} = release_handler:set_unpacked("/app/releases/0.2.0/octochat.rel", []),
  release_handler:check_install_release("0.2.0")`;

it.each(worlds)(
  "the bundle needs nobody but tar, and its relup passes OTP's own check on Debian %s",
  async (debian) => {
    const [one, two] = await Promise.all(
      ([1, 2] as const).map((version) => image({ example: 'octochat', version, debian })),
    );
    const web = await start(one ?? '');
    const { report } = await deployTo(web.name, { image: two ?? '', mode: 'plan' });
    expect(report).toMatchObject({ method: 'relup', bundle: { applications: ['kv', 'octochat'] } });

    const unpack = 'gunzip -c "$1" | docker cp - "$2:/app"';
    await promisify(execFile)('sh', ['-c', unpack, 'sh', report.bundle?.path ?? '', web.name]);

    expect(await evaluate(web, check)).toBe('{ok,"0.1.0",[]}');
    expect(
      await evaluate(
        web,
        "'Elixir.KV':module_info(md5) =:= element(2, element(2, beam_lib:md5(code:which('Elixir.KV'))))",
      ),
    ).toBe('true');
  },
);
