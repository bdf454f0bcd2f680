// One by one: ranges, which hot-deploy does not use, are most of the library.
import diff from 'semver/functions/diff.js';
import lt from 'semver/functions/lt.js';
import valid from 'semver/functions/valid.js';
import { nameOfVm } from '../node/vm.js';
import { against, few } from '../reasons/make.js';
import type { Reason } from '../reasons/reason.js';
import { isOfDistillery } from '../release/distillery.js';
import type { Comparison } from './comparison.js';

type Rule = (comparison: Comparison) => readonly Reason[];

// What the emulator itself stands on, and what ships with OTP and Elixir: their processes carry everything else,
// and their own appups are made for restart_new_emulator or not at all.
const platform = new Set(
  (
    'kernel stdlib sasl compiler elixir logger eex iex mix ex_unit crypto ssl public_key asn1 inets ssh mnesia ' +
    'runtime_tools tools os_mon syntax_tools xmerl ftp tftp snmp erts parsetools observer wx megaco diameter eldap et'
  ).split(' '),
);

/** What the releases' files and the images say, before any code is looked at. */
export const releaseRules: readonly Rule[] = [
  ({ options }) =>
    options.strategy === 'restart'
      ? [
          against(
            'strategy-restart',
            'strategy',
            'A restart was asked for by `strategy: restart`; `auto` loads hot where every check passes.',
          ),
        ]
      : [],

  ({ running, next }) =>
    running.erts === next.erts
      ? []
      : [
          against(
            'erts-changed',
            'erts',
            `ERTS ${running.erts} (OTP ${running.otp}) runs and the image brings ${next.erts} (OTP ${next.otp}). A VM cannot exchange itself; build on the same Erlang/OTP to stay hot.`,
          ),
        ],

  ({ running, next }) =>
    running.root === next.root
      ? []
      : [
          against(
            'release-root-changed',
            next.root,
            `The release lies in ${running.root} and in the image in ${next.root}. Build into the same directory to stay hot.`,
          ),
        ],

  // With another ERTS come other versions of all that ships with it: one reason says it.
  ({ change, running, next }) =>
    change.applications.changed
      .filter(({ name }) => platform.has(name) && running.erts === next.erts)
      .map(({ name, from, to }) =>
        against(
          'otp-app-changed',
          name,
          `${name} changes from ${from} to ${to}. It is part of the platform, which takes a new VM; keep its version to stay hot.`,
        ),
      ),

  ({ running }) =>
    running.sasl
      ? []
      : [
          against(
            'sasl-missing',
            'sasl',
            'The running release has no sasl, so it has no release_handler, and goes module by module at best. Add :sasl to extra_applications (mix) or to the release (relx): from the deploy after next on supervisors and applications change hot, too.',
          ),
        ],

  ({ next }) =>
    next.applications.some(({ name }) => name === 'sasl')
      ? []
      : [
          against(
            'sasl-missing',
            'sasl in the image',
            'The new release has no sasl, without which systools makes no relup. Add it to the release.',
          ),
        ],

  ({ running }) =>
    isOfDistillery(running) && !running.vm.bin.startsWith(`${running.root}/`)
      ? [
          against(
            'runtime-not-own',
            running.vm.bin,
            `distillery has made the release without Erlang, and it runs on that in ${running.vm.bin}. Its start script puts the code of all versions that lie in ${running.root}/lib on the path, the oldest first: after a hot load a restart of the container would boot old code. Set include_erts: true to stay hot.`,
          ),
        ]
      : [],

  ({ running }) => {
    const sharing = running.beside.filter(({ root }) => root === running.root);
    return sharing.length === 0
      ? []
      : [
          against(
            'release-shared',
            running.root,
            `${few(sharing.map(nameOfVm))} in the same container runs from ${running.root} too, and a hot load would change what it boots next. Give each VM a copy of the release to stay hot.`,
          ),
        ];
  },

  ({ running, readOnlyRoot }) =>
    running.writable
      ? []
      : [
          against(
            'release-not-writable',
            `${running.root}/releases`,
            readOnlyRoot
              ? 'The container has a read-only root file system, so no new code can be brought in. Put the release on a volume, or leave it to restarts.'
              : `The VM's user (${running.vm.user}) cannot write the release. Give it the directory in the Dockerfile: COPY --chown.`,
          ),
        ],

  ({ change, running, next }) =>
    !change.same && running.version === next.version
      ? [
          against(
            'version-not-bumped',
            next.version,
            `${next.version} runs already, with other content than the image has. It takes a restart.`,
          ),
        ]
      : [],

  ({ change, running, next }) =>
    rebuiltPlatform(change.applications.rebuilt, running.version === next.version || running.erts !== next.erts),

  ({ occupied }) =>
    occupied.map((path) =>
      against('version-reused', path, `${path} is in the container already, with other content. Bump the version.`),
    ),

  ({ change }) =>
    change.applications.removed.map(({ name, version }) =>
      against(
        'application-removed',
        name,
        `${name} ${version} is no longer part of the release. Stopping it under way would kill whoever is in its code; a restart leaves it out.`,
      ),
    ),

  ({ change }) =>
    change.modes.map(({ name, from, to }) =>
      against(
        'application-mode-changed',
        name,
        `${name} was started as ${from}, and the new release starts it as ${to}, which decides what its end takes with it; only a restart changes that.`,
      ),
    ),

  ({ change }) =>
    change.files
      .filter((path) => /(^|\/)vm\.args(\.src)?$/.test(path))
      .map((path) =>
        against('vm-args-changed', path, 'The VM reads its arguments only when it starts: it takes a restart.'),
      ),

  ({ change }) =>
    change.files
      .filter((path) => !/(^|\/)vm\.args(\.src)?$/.test(path))
      .map((path) =>
        against('boot-script-changed', path, 'It is read only when the container starts: it takes a restart.'),
      ),

  ({ image }) =>
    image.settings.map((setting) =>
      against(
        'container-config-changed',
        setting,
        `The image sets ${setting} differently, which only a new container takes up.`,
      ),
    ),

  ({ image }) =>
    image.files.length === 0
      ? []
      : [
          against(
            'base-image-changed',
            image.files[0] ?? '',
            `${image.files.length} files outside the release differ (${few(image.files, 3)}). A hot load carries the release only; the rest takes a new container.`,
          ),
        ],

  ({ change, image, running }) =>
    grouped([...change.overlays, ...image.overlays]).map(([place, paths]) =>
      against(
        'overlay-changed',
        paths.length === 1 ? (paths[0] ?? place) : place,
        `${few(paths, 3)} in ${running.root}: a hot load carries applications and what a version boots with, and leaves the rest of the release as it is. It takes a new container.`,
      ),
    ),

  ({ change }) =>
    change.links.map((path) =>
      against(
        'release-linked',
        path,
        `${path} is a symbolic link in the image, and a hot load does not carry what it leads to. Build the release with copies (relx: {dev_mode, false}) to stay hot.`,
      ),
    ),

  // systools would call it an upgrade, and ask the older code to take over state of a shape it has never seen.
  ({ running, next }) =>
    valid(running.version) && valid(next.version) && lt(next.version, running.version)
      ? [
          against(
            'downgrade-impossible',
            `${running.version} → ${next.version}`,
            `${next.version} is older than ${running.version}, and older code does not know newer state. Deploy it as a newer version to stay hot.`,
          ),
        ]
      : [],

  ({ running, next, options }) => aboveLimit(running.version, next.version, options.hotUpTo),
];

// With another base image come other builds of many: one reason says it.
function rebuiltPlatform(rebuilt: Comparison['change']['applications']['rebuilt'], told: boolean): readonly Reason[] {
  const own = rebuilt.filter(({ name }) => platform.has(name));
  return told || own.length === 0
    ? []
    : [
        against(
          'otp-app-changed',
          few(own.map(({ name }) => name)),
          `${few(own.flatMap(({ modules }) => modules))} changed, though ${few(own.map(({ name, to }) => `${name} stays at ${to}`))}: another build of the platform, which takes a new VM. Build on the same base image to stay hot.`,
        ),
      ];
}

/** Paths by the entry of the release's directory that they lie in, the paths of one together. */
function grouped(paths: readonly string[]): readonly (readonly [place: string, paths: readonly string[]])[] {
  const place = (path: string) => path.split('/')[0] ?? path;
  return [...new Set(paths.map(place))].map((each) => [each, paths.filter((path) => place(path) === each)]);
}

const steps = ['patch', 'minor', 'major'] as const;

function aboveLimit(from: string, to: string, limit: (typeof steps)[number]): readonly Reason[] {
  if (limit === 'major' || from === to) {
    return [];
  }
  const step = valid(from) && valid(to) ? diff(from, to)?.replace(/^pre(release)?/, '') || 'patch' : undefined;
  if (step === undefined) {
    return [
      against(
        'bump-above-limit',
        `${from} → ${to}`,
        `hot-up-to is ${limit}, and the step from ${from} to ${to} cannot be measured: they are not semantic versions. Raise it to major, which measures nothing, or name versions so.`,
      ),
    ];
  }
  return steps.indexOf(step as (typeof steps)[number]) > steps.indexOf(limit)
    ? [
        against(
          'bump-above-limit',
          `${from} → ${to}`,
          `From ${from} to ${to} is a ${step} step, and hot-up-to allows ${limit}. Raise it to load this hot.`,
        ),
      ]
    : [];
}
