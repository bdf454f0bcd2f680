import type { Fallback } from '../../src/fallback/script.js';
import { container, image } from '../engines/created.js';

const inputs: Fallback['inputs'] = {
  environment: 'production',
  image: 'registry.example.com/acme/shop:1.4.0',
  context: '.',
  soakMs: 10_000,
  drainMs: 30_000,
  suspendTimeoutMs: 1_000,
  lockTimeoutMs: 600_000,
  keep: 3,
};

const old = image({ Env: ['PATH=/bin'], Cmd: ['serve'], Labels: { maintainer: 'acme' } });
const restart = { RestartPolicy: { Name: 'unless-stopped', MaximumRetryCount: 0 } };

/** Whatever a shell could take for something else. */
export const hostile = [
  '',
  ' ',
  "it's",
  '"$(touch /tmp/owned)"',
  '`touch /tmp/owned`',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is bash's
  '${HOME} $HOME $1',
  '--privileged',
  '-e',
  'a\nb\n',
  '\t\r\u001b[31m',
  '\\n\\',
  '; rm -rf / #',
  '~ * ? [a] {b,c} !!',
  'é 日本 🦀 \u202etxt',
  "'\n'$'\\'",
];

/** Scripts that tell one thing each. */
export const variants: Readonly<Record<string, Fallback>> = {
  plain: {
    inputs,
    withEnv: false,
    containers: [
      {
        container: container(
          {
            config: { Env: ['SECRET_KEY_BASE=never to be seen'], Labels: { team: 'core' } },
            hostConfig: { ...restart, PortBindings: { '4000/tcp': [{ HostIp: '', HostPort: '4000' }] } },
          },
          old,
        ),
        oldImage: old,
      },
    ],
  },
  'with-env': {
    inputs: {
      ...inputs,
      releaseCommand: ['bin/migrate'],
      build: { args: ['VERSION=1.4.0', 'TOKEN'], target: 'release' },
    },
    withEnv: true,
    containers: [
      { container: container({ config: { Env: ['SECRET_KEY_BASE=seen', 'KEY=-----\nlines\n'] } }, old), oldImage: old },
    ],
  },
  build: {
    inputs: {
      ...inputs,
      build: { args: ['TOKEN=not here', 'VERSION'], dockerfile: 'docker/Dockerfile', target: 'release' },
    },
    withEnv: false,
    containers: [{ container: container({ hostConfig: restart }, old), oldImage: old }],
  },
  compose: {
    inputs,
    withEnv: false,
    containers: [
      {
        container: container(
          {
            config: {
              Labels: { 'com.docker.compose.project': 'shop', 'com.docker.compose.image': 'sha256:old' },
              Healthcheck: { Test: ['CMD', 'curl', '-f', "http://localhost/it's"], Interval: 5_000_000_000 },
            },
            hostConfig: { NetworkMode: 'shop_default', Binds: ['shop_data:/data:rw'] },
            networks: { shop_default: { Aliases: ['web', 'shop-web-1'] } },
          },
          old,
        ),
        oldImage: old,
        injected: ['/run/secrets/token'],
      },
    ],
  },
  networks: {
    inputs,
    withEnv: false,
    containers: [
      {
        container: container(
          {
            hostConfig: { NetworkMode: 'front' },
            networks: {
              front: { IPAMConfig: { IPv4Address: '10.0.0.5' }, Aliases: ['www'] },
              back: { Aliases: ['api'], DriverOpts: { a: 'b' } },
            },
          },
          old,
        ),
        oldImage: old,
      },
    ],
  },
  hostile: {
    inputs: { ...inputs, environment: 'it\'s "$(production)"', context: "/srv/it's here" },
    withEnv: true,
    containers: [
      {
        container: container(
          {
            config: {
              Env: hostile.map((text, at) => `V${at}=${text}`),
              Labels: Object.fromEntries(hostile.map((text, at) => [`${at}${text}`, text])),
              Cmd: hostile,
              User: '$(id)',
            },
            hostConfig: { LogConfig: { Type: 'json-file', Config: { tag: "'`id`" } }, ShinyNewField: { a: '\n# `x`' } },
          },
          old,
        ),
        oldImage: old,
      },
    ],
  },
  unsaid: {
    inputs,
    withEnv: false,
    containers: [
      {
        container: container(
          {
            config: { Shell: ['/bin/bash', '-c'], Entrypoint: ['tini', '--'], Cmd: ['serve'] },
            hostConfig: {
              KernelMemory: 1,
              SecurityOpt: ['seccomp={"defaultAction":"SCMP_ACT_ALLOW"}'],
              AutoRemove: true,
            },
          },
          old,
        ),
        oldImage: old,
      },
    ],
  },
};
