import { search } from '../../../src/node/vm.js';
import type { Program } from './program.js';

/** What a node says of itself. Its release is empty but for its name. */
export const identityOf = (version: string) => ({
  ...{ name: 'app', version, erts: '13.1.5', otp: '25', root: '/app', node: 'app@host', osPid: '7', uptimeMs: 1 },
  ...{ booted: true, mode: 'embedded', sasl: true, heart: false, writable: true, applications: [], modules: {} },
  codePath: [],
});

/** A container with a VM in it, which says what it runs once it has booted. */
export function vm(
  version: string,
  { bootMs = 300, ...more }: Partial<Program> & { readonly bootMs?: number } = {},
): Program {
  const args = [
    ...['/app/erts-13.1.5/bin/beam.smp', '-root', '/app', '-bindir', '/app/erts-13.1.5/bin', '-sname', 'app@host'],
    ...['-boot', `/app/releases/${version}/start`],
  ];
  return {
    stops: { afterMs: 200, code: 0 },
    healthy: { afterMs: bootMs },
    log: [`app ${version} boots`],
    ...more,
    answer: ({ argv, stdin }, { upMs }) => {
      if (argv[0] !== 'sh') return undefined;
      const script = argv[2] ?? '';
      if (script.trim() === search.trim())
        return { stdout: `vm 7\nuid 0\ngid 0\n${args.map((arg) => `arg ${arg}\n`).join('')}` };
      if (String(stdin ?? '').includes(`'hot_deploy_node','identify'`))
        return upMs < bootMs
          ? { exitCode: 1, stderr: 'failed to connect to node\n' }
          : { stdout: `\nhot-deploy-answer ${JSON.stringify({ ok: identityOf(version) })}\n` };
      // Of a throw-away container of its image, in which the release is read.
      if (script.includes('cat "$d/releases/start_erl.data"')) return { stdout: `/app\n13.1.5 ${version}\n` };
      if (script.includes('-boot_var RELEASE_LIB'))
        return { stdout: `hot-deploy-answer ${JSON.stringify({ ok: { ...identityOf(version), protocols: {} } })}\n` };
      return script.includes('sha256sum') ? { stdout: 'owner 0 0\n' } : undefined;
    },
  };
}
