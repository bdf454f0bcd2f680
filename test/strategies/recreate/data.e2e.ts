import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/system/log.js';
import { attempt, bench, inside, named, openBench, v1, v2 } from './attempt.js';

openBench();

describe('a re-creation', () => {
  it("keeps the data in volumes, the image's own and nameless ones too", async () => {
    const old = await bench.run('data', '--volume', '/more', '--mount', 'type=volume,target=/nameless', v1.Id);
    await inside(old.Id, 'sh', '-c', 'for d in /data /more /nameless; do echo kept >$d/file; done');
    for (const to of [v2, v1]) {
      expect((await attempt(await named('data'), to)).result).toMatchObject({
        kind: 'recreated',
        settings: { equal: true },
      });
    }
    const { Id: id } = await named('data');
    expect(await inside(id, 'cat', '/data/file', '/more/file', '/nameless/file')).toBe('kept\nkept\nkept');
  });

  it('takes along the secrets that compose copied into the container, every time', async () => {
    const labels = ['com.docker.compose.project=shop', `hot-deploy.test=${bench.prefix}`].flatMap((label) => [
      '--label',
      label,
    ]);
    await bench.docker('create', '--name', `${bench.prefix}-secret`, ...labels, '--tmpfs', '/mounted', v1.Id);
    const archive = pack();
    archive.entry({ name: 'run/secrets/password', mode: 0o440, uid: 7, gid: 8, mtime: new Date() }, 'hunter2');
    archive.entry({ name: 'etc/app/inline.conf', mode: 0o444, mtime: new Date() }, 'inline');
    archive.entry({ name: 'etc/app/writable', mode: 0o644, mtime: new Date() }, 'written by the application');
    archive.finalize();
    await bench.engine.putArchive(`${bench.prefix}-secret`, '/', await buffer(archive));
    await bench.engine.startContainer(`${bench.prefix}-secret`);
    for (const to of [v2, v1]) {
      expect((await attempt(await named('secret'), to)).result).toMatchObject({
        kind: 'recreated',
        settings: { equal: true },
      });
      const script =
        'cd /; stat -c "%n %a %u %g" run/secrets/* etc/app/*; cat run/secrets/password etc/app/inline.conf';
      expect(await inside((await named('secret')).Id, 'sh', '-c', script)).toBe(
        'run/secrets/password 440 7 8\netc/app/inline.conf 444 0 0\nhunter2inline',
      );
      // Longer than what may lie between a container and what compose copies into it.
      await systemClock.sleep(6_000);
    }
  });
});
