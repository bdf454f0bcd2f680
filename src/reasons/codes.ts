/** Every reason code with what it means and what helps: the table of docs/reasons.md is generated from here. */
export const reasonCodes = {
  'erts-changed':
    'The Erlang runtime (ERTS) differs. A running VM cannot replace itself. Each OTP upgrade needs a restart.',
  'otp-app-changed':
    'An application of OTP, or Elixir itself, has another version or is another build. It is part of the platform, which only a new VM replaces.',
  'sasl-missing':
    'The release has no `sasl`, so it has no release_handler. hot-deploy loads it module by module, and tells supervisors nothing. Add `:sasl` to `extra_applications` (mix) or to the release (relx).',
  'distribution-off':
    'The VM runs without distribution, so hot-deploy cannot reach the node. Unset `RELEASE_DISTRIBUTION=none`.',
  'node-unreachable':
    'The VM is distributed, but a hidden node cannot connect to it. Check the node name, the cookie, epmd and TLS distribution.',
  'node-elsewhere':
    'With `nodes: cluster`, a node cannot be loaded hot and runs in none of the containers, so hot-deploy has no container to restart. It changes nothing. Deploy on the host of that node.',
  'target-unreadable':
    'hot-deploy cannot read the running container: what it answers or holds is too large, too slow, or not what a release answers. Only a new container takes its place.',
  'nif-changed':
    'A native library (NIF or driver), or a module that loads one, changed. The VM does not reload a library that is in use.',
  'vm-args-changed': '`vm.args` changed. The VM reads it only when it starts.',
  'boot-script-changed': '`env.sh` or a script in `bin/` changed. The container reads it only when it starts.',
  'container-config-changed':
    'The image changes ENV, USER, CMD, ENTRYPOINT, VOLUME, EXPOSE, HEALTHCHECK or STOPSIGNAL. Only a new container takes this up.',
  'base-image-changed': 'The image differs outside the release. A hot load brings only the release.',
  'overlay-changed':
    'A file of the release that belongs to no application and no version differs: an overlay, or the runtime under the same version. A hot load does not change it.',
  'release-linked':
    'A code directory, or a file in `releases/VERSION`, is a symbolic link. A hot load does not bring the target of the link. Build with copies (relx: `{dev_mode, false}`).',
  'release-root-changed': 'The release is in another directory of the image. Only a new container takes this up.',
  'runtime-not-own':
    'The release was made by distillery without Erlang (`include_erts: false`). Its start script puts the code of all versions on the path, the oldest first, so a restart of the container would boot old code after a hot load. Set `include_erts: true`.',
  'release-shared':
    'Another VM in the container runs from the same release directory, and a hot load would change what it boots next. Give each VM a copy of the release.',
  'version-not-bumped':
    'The running release has the very version that is to be deployed, and other content: somebody changed it in the container. Only a restart takes up the image.',
  'version-reused':
    'The container already has a release with this version and other content. Give the release a new version.',
  'appup-missing':
    'Your appup has no entry for the running version. Add one for both directions, or write `rel/appups/APP/FROM_to_TO.appup`.',
  'appup-unreadable': 'Your appup is not a valid Erlang term, or does not have the shape of an appup.',
  'appup-incomplete':
    'Your appup omits a module or a child, repeats an instruction, or calls a `code_change` that does not exist.',
  'appup-mentions-unchanged': 'Your appup loads a module that did not change. A remark: it rules out nothing.',
  'appup-restarts-emulator': 'Your appup restarts the emulator.',
  'relup-failed': 'systools could not make a relup from the appups. The message quotes its error.',
  'application-added':
    'The new release has one more application. Without sasl in the release, only a restart starts it.',
  'application-removed': 'The release no longer has an application. Stopping it hot would kill processes in its code.',
  'application-mode-changed':
    'The release starts an application in another mode than before. Only a restart changes the mode.',
  'supervision-changed': 'The supervision tree changes in a way that hot-deploy cannot apply child by child.',
  'application-start-changed':
    '`mod`, `start_phases` or `included_applications` of an application changed. The VM reads them only when the application starts.',
  'cold-boot-failed':
    'The new release did not boot in a throw-away container. If the running release boots there, the new release is at fault: hot-deploy refuses the deploy, and only `strategy: restart` goes on. If neither boots, the cause is the isolation: the new supervision tree is unknown, so hot-deploy restarts the container.',
  'callback-mode-changed':
    'A state machine (`gen_statem`) changed its callback mode. A downgrade would ask the wrong version for the mode, so there would be no way back.',
  'module-moved':
    'A module moved from one application to another. A hot load would bring it with one and remove it with the other.',
  'behaviour-changed':
    'A changed module has another behaviour than before (`gen_server`, `gen_statem`, a supervisor). A running process cannot change its behaviour.',
  'on-load-changed': 'A changed module runs `on_load`. If that fails, the VM restarts.',
  'special-process-changed':
    'A process runs a changed module, and no supervisor reports it with that module, so a relup would leave it its old state. hot-deploy loads module by module then, if nothing else is against it and no appup is written by hand. To have a relup: supervise the process, and name the module in its child specification.',
  'start-effects-missing':
    'A start of the new release adds rows to a table or removes rows, such as a cache of static files or an event handler. The upgrade does not. Do the same in `config_change/3`, or accept the restart.',
  'state-shape-changed':
    'The state of a process has another shape in the new release, and no `code_change` converts the old state. The rehearsal found this.',
  'rehearsal-failed':
    'In the rehearsal, the upgrade failed, or its result differs from a cold boot of the new release.',
  unrehearsed:
    'hot-deploy could not rehearse the upgrade: the running release does not boot on its own, or the rehearsal was not possible. It rules out nothing, except with `rehearse: always`. `rehearse-env` and `rehearse-network` give the release what it needs.',
  'no-way-down':
    'No downgrade is available: the rehearsal found none, or the files for it in the container are damaged. It does not rule out a deploy. If the deploy fails, the container restarts on the old version.',
  'not-upgraded-here':
    'A rollback cannot go hot: the container booted the running version from its image, so it has no relup. Roll back by restart.',
  'release-gone':
    'A rollback cannot go hot: files of the older release are missing in the container or have changed. `keep` says how many releases stay. Roll back by restart.',
  'container-stopped':
    'The container does not run, so hot-deploy cannot load code into it. A rollback starts the older version in its place.',
  'not-revived':
    'hot-deploy cannot start the kept container of the older version as it is, so it creates a new one from the image. It rules out nothing.',
  'baseline-mismatch':
    'The node runs other code than its disk has, because somebody loaded code by hand. In a rollback: the downgrade was made for other code than the node runs.',
  'release-not-writable':
    'The VM cannot write to its release directory: the root file system is read-only, or the user has no write access.',
  'config-unreadable': 'hot-deploy could not resolve the new configuration inside the container. The old one stays.',
  'bump-above-limit': 'The version step is larger than `hot-up-to` allows.',
  'downgrade-impossible':
    'The image has an older version than the running one. Its `code_change` does not know the newer state.',
  'processes-would-die': 'Processes are still in code from two versions ago. Loading a third version would kill them.',
  'setting-kept':
    'A changed setting was read at the start, and the old value is still in use: by a process that keeps it in its state, or by the VM and its loggers (`kernel`, `stdlib`, `sasl`, `elixir`, `logger`). Read the setting when you use it, or update it in `code_change` or `config_change`.',
  'host-not-migrated':
    'Processes of a framework run a changed module, such as open LiveViews and channels, and the module has no `code_change/3` that converts their state. It rules out nothing. The processes keep running. If one lacks something that the new code needs, it crashes and starts again.',
  'fun-kept':
    'A table, a persistent term or a setting keeps a fun of a changed module. The fun would fail after the VM drops the old code.',
  'process-not-answering':
    'A process that must be suspended during the switch does not answer system messages in time.',
  'supervisor-not-answering': 'A supervisor does not answer or is suspended. release_handler would crash on it.',
  'probe-not-answering':
    'The probe or the HEALTHCHECK did not answer before the deploy, so it could not judge the deploy. hot-deploy refuses the deploy before anything changes. `mode: rollback` and `strategy: restart` go on, because they can end an outage.',
  'migrations-pending':
    'The new release has migrations that the start command or a child of the supervision tree runs at a start. A hot load does not run them. Set `release-command`, or accept the restart. If nothing is known to run them at a start, it is a remark and rules out nothing.',
  'start-command-skipped':
    'The start command also runs an `eval`, an `rpc` or a migration. A hot load does not. A remark: it rules out nothing.',
  'entrypoint-ignores-command':
    'The ENTRYPOINT ignores the command of the container, so it would start the release instead of `release-command`. End it with `exec "$@"`, and put the start into CMD. hot-deploy refuses the deploy.',
  'compose-image-differs':
    'The compose file names another version of the image, and `docker compose up` would restore it. It rules out nothing. Change the line that the message names.',
  'nodes-left-out':
    'The node is connected to nodes that this deploy does not include, or shares its container with them, and they go on with their version. It rules out nothing. `nodes: cluster` includes those that are connected.',
  'strategy-restart': 'You set `strategy: restart`.',
  'strategy-other': 'You set `strategy` to another way.',
} as const satisfies Record<string, string>;

export type ReasonCode = keyof typeof reasonCodes;
