import { afterAll, expect, it } from 'vitest';
import { hotDeploy } from '../support/world/command.js';
import { type Container, removeContainers, start } from '../support/world/container.js';
import { image, removeImages } from '../support/world/images.js';
import { expectUntouched, ownImage, removeOwnImages } from '../support/world/untouched.js';

afterAll(async () => {
  await removeContainers();
  await removeOwnImages();
  await removeImages();
});

/** Bullseye's OTP. Its Elixir 1.10 knows no runtime.exs. */
async function otp23(): Promise<string> {
  const older = [['~> 1.14', '~> 1.10']] as const;
  return await ownImage(
    await image({
      example: 'octochat',
      version: 1,
      debian: 'bullseye',
      files: {
        'config/releases.exs': 'import Config\nconfig :octochat, tcp_port: 4040, http_port: 8080, greeting: "ahoy"\n',
      },
      replace: {
        'apps/octochat/mix.exs': older,
        'apps/kv/mix.exs': older,
        'apps/octochat/lib/octochat/application.ex': [
          ['{DynamicSupervisor, ', '{DynamicSupervisor, strategy: :one_for_one, '],
        ],
      },
    }),
  );
}

it('a release on OTP 23 is refused in one sentence, with nothing changed, and so is an image with one', async () => {
  const [old, current] = await Promise.all([
    otp23(),
    image({ example: 'octochat', version: 1, debian: 'bookworm' }).then((tag) => ownImage(tag)),
  ]);
  const deploy = async ({ name }: Container, reference: string) =>
    await hotDeploy(['deploy', '--containers', name, '--image', reference, '--no-build']);
  const expectRefused = (ran: Awaited<ReturnType<typeof deploy>>, sentence: RegExp) => {
    expect(ran).toMatchObject({ code: 1, report: { outcome: 'refused', method: 'none' } });
    expect(ran.report?.message).toMatch(sentence);
    expect(ran.report?.message).toMatch(/\.$/);
    expect(ran.stdout).toMatch(/^Refused to deploy .*: nothing was touched\.\n/);
    expect(ran.stderr).not.toMatch(/^\s+at /m);
  };

  const running = await start(old);
  const needs = 'needs OTP 25 or later.*Upgrade';
  expectRefused(
    await expectUntouched([running], () => deploy(running, current)),
    new RegExp(`^The container ${running.name} runs OTP 23 .*${needs}`),
  );
  const web = await start(current);
  expectRefused(
    await expectUntouched([web], () => deploy(web, old)),
    new RegExp(`^The image ${old} runs OTP 23 .*${needs}`),
  );
});
