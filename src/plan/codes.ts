/** Every reason code with what it means and what helps: the README's table is generated from here. */
export const reasonCodes = {
  'erts-changed':
    'The Erlang runtime (ERTS) differs, and a running VM cannot exchange itself. Restart; expected with every OTP upgrade.',
  'otp-app-changed':
    'An application of OTP, or Elixir itself, has another version, or is another build of it. Its processes cannot be migrated while they carry the VM.',
  'sasl-missing':
    'The release has no `sasl`, so no release_handler. Add `:sasl` to `extra_applications` (mix) or to the release (relx).',
  'distribution-off': 'The VM runs without distribution, so there is no way in. Unset `RELEASE_DISTRIBUTION=none`.',
  'node-unreachable':
    'The VM is distributed but did not let a hidden node in. Check node name, cookie, epmd and TLS distribution.',
  'nif-changed':
    'A native library (NIF or driver), or a module that loads one, changed. The VM does not re-read a library that is in use.',
  'vm-args-changed': '`vm.args` is read only when the VM starts.',
  'boot-script-changed': '`env.sh` or a script in `bin/` is read only when the container starts.',
  'container-config-changed':
    'The image sets ENV, USER, CMD, ENTRYPOINT, VOLUME, EXPOSE, HEALTHCHECK or STOPSIGNAL differently. Only a new container takes it up.',
  'base-image-changed': 'The image differs outside the release. A hot load carries the release only.',
  'overlay-changed':
    'A file of the release that belongs to no application and no version differs: an overlay, or the runtime itself under the same version. A hot load leaves it as it is.',
  'release-linked':
    'A directory of code, or one of the files under `releases/VERSION`, is a symbolic link, and a hot load does not carry what it leads to. Build with copies (relx: `{dev_mode, false}`).',
  'release-root-changed': 'The release lies in another directory of the image. Only a new container takes it up.',
  'version-not-bumped':
    "The release's version runs already with other content, and a release is told apart by its version: bump it. An application may keep its own; what it holds tells.",
  'version-reused': "The release's version lies in the container already, with other content. Bump it.",
  'appup-missing':
    'A hand-written appup has no entry for the version that runs. Add one both ways, or write `rel/appups/APP/FROM_to_TO.appup`.',
  'appup-unreadable': 'A hand-written appup is no Erlang term, or is not shaped like an appup.',
  'appup-incomplete':
    'A hand-written appup forgets a module or a child, says something twice, or calls a `code_change` that is not there.',
  'appup-mentions-unchanged':
    'A hand-written appup loads a module that did not change. A remark: it rules nothing out.',
  'appup-restarts-emulator': 'A hand-written appup asks for a restart of the emulator.',
  'relup-failed': 'systools could not make a relup from the appups. Its own words are in the message.',
  'application-removed': 'An application left the release. Stopping it hot would kill processes in its code.',
  'application-mode-changed': 'An application is started in another mode than before.',
  'supervision-changed': 'The supervision tree changes in a way that cannot be carried out child by child.',
  'application-start-changed':
    '`mod`, `start_phases` or `included_applications` of an application changed, which are read only when it starts.',
  'cold-boot-failed':
    'The new release did not boot in a container of its own. If what runs boots there, the release is at fault: the deploy is refused, and only `strategy: restart` goes on. If neither does, the isolation is to blame: its supervision tree is unknown, so it is deployed by restart.',
  'callback-mode-changed':
    'A state machine (`gen_statem`) changed its callback mode, which one that runs does not ask for in time on the way back.',
  'module-moved':
    'A module moved from one application to another. systools would load it with the one and remove it with the other.',
  'behaviour-changed':
    'A changed module is another kind of process than before (`gen_server`, `gen_statem`, a supervisor), and one that runs cannot become another.',
  'on-load-changed': 'A changed module runs `on_load`, which would restart the VM if it failed.',
  'special-process-changed':
    'A changed module is run by processes that no supervisor reports with it, so they would not be migrated.',
  'start-effects-missing':
    'A start of the new release puts rows into a table, or takes them out, and the upgrade does not: a cache of static files, an event handler. Do it in `config_change/3`, too, or leave it to a restart.',
  'state-shape-changed':
    'The state of a process has another shape in the new release, and no code_change brings the old one into it. Found in the rehearsal.',
  'rehearsal-failed':
    'On a throw-away container of what runs the upgrade did not succeed, or did not end as a cold boot of the new release.',
  unrehearsed:
    'The upgrade could not be tried out: what runs does not boot on its own, or the rehearsal could not be held. It closes nothing, unless `rehearse: always` was asked for. `rehearse-env` and `rehearse-network` give it what it needs.',
  'no-way-down':
    'There is no way back by downgrade: the rehearsal found none, or what a deploy left for it in the container is damaged. It closes no deploy: should that fail, the container is restarted on the old version instead.',
  'not-upgraded-here':
    'The way back was asked for, and the container got the version that runs otherwise than by a hot deploy: it booted it from its image, so there is no relup in it. Go back by restart.',
  'release-gone':
    'The way back was asked for, and files of the older release are no longer in the container, or not what they were. `keep` says how many releases stay. Go back by restart.',
  'container-stopped':
    'The container does not run, so there is nothing to load into. A rollback starts the older version in its place.',
  'not-revived':
    'The container that was kept of the older version cannot be started again as it is, so a new one is made from its image. It closes nothing.',
  'baseline-mismatch':
    'The node runs code that is not on its disk: it was patched by hand. What it runs cannot be named.',
  'release-not-writable':
    'The VM cannot write its release directory: read-only root file system, or a user without write access.',
  'config-unreadable': 'The new configuration could not be resolved inside the container. The old one stays.',
  'bump-above-limit': 'The version step is larger than `hot-up-to` allows.',
  'downgrade-impossible':
    'The image holds an older version than the one that runs. Its code_change cannot know the state of the newer one.',
  'processes-would-die':
    'Processes are still inside code from two versions ago, and loading a third version would kill them.',
  'setting-kept':
    'A changed setting was read at a start, and the old value is kept: by a process, which took it into its state, or by the VM and its loggers (`kernel`, `stdlib`, `sasl`, `elixir`, `logger`). Read the setting when it is used, or take it up in `code_change` or `config_change`.',
  'host-not-migrated':
    'Processes of a framework run a changed module, such as open LiveViews and channels, and the module has no `code_change/3` that takes their state over. It closes nothing. They go on: one that lacks something the new code needs crashes and starts over.',
  'fun-kept':
    'A fun that was made in a changed module is kept in a table, a persistent term or a setting. It would fail once the old code is dropped.',
  'process-not-answering': 'A process that has to be held during the switch does not answer system messages in time.',
  'supervisor-not-answering': 'A supervisor does not answer or is suspended, and release_handler would crash on it.',
  'probe-not-answering':
    'The probe, or the HEALTHCHECK, did not answer before the deploy, so it could not tell a good deploy from a bad one. The deploy is refused before anything changes; `mode: rollback` and `strategy: restart` go on, since they may be the way out.',
  'migrations-pending':
    'The new release brings migrations that nothing runs in a hot load: the start command, or a child of the supervision tree, runs them at a start. Give them to `release-command`, or let the container restart. If nothing is known to run them at a start it is a remark, and closes nothing.',
  'start-command-skipped':
    'The start command does more than start the release: it runs an `eval`, an `rpc` or a migration. A hot load does not. A remark: it closes nothing.',
  'entrypoint-ignores-command':
    'The ENTRYPOINT does not run the command that a container is given, so it would start the release instead of `release-command`. End it with `exec "$@"`, and give the start by CMD. The deploy is refused.',
  'compose-image-differs':
    'The compose file names another version of the image, and `docker compose up` would put that back. It closes nothing: change the line that the message names.',
  'strategy-restart': '`strategy: restart` was asked for.',
} as const satisfies Record<string, string>;

export type ReasonCode = keyof typeof reasonCodes;
