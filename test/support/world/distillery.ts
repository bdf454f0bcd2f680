// biome-ignore-all lint/suspicious/noTemplateCurlyInString: shells read them.
import type { Source } from './images.js';
import { octochat, type Variant } from './octochat.js';

/**
 * octochat as distillery (2.x) lays a release out and starts it, by scripts of our own: which version boots is copied to `var`,
 * what it boots with is made there of the version's files at each start, by environment variables and then by configuration
 * providers in a VM before the one that serves; consolidated protocols lie beside the library which is called as the release.
 */
export function distilled({ files, replace, ...variant }: Variant, { borrowed = false } = {}): Source {
  const { version } = variant;
  const motto = variant.basis === 2 ? '{motto, <<"${OCTOCHAT_MOTTO}">>}, ' : '';
  return octochat({
    ...variant,
    files: {
      ...{ 'apps/distillery/mix.exs': mixfile, 'apps/distillery/lib/distillery.ex': library },
      ...{
        'layout/bin/octochat': entry,
        'layout/bin/octochat_rc_exec.sh': chooser(borrowed),
        'layout/octochat.sh': main,
      },
      'layout/libexec/config.sh': configure,
      'layout/vm.args': '-name octochat@127.0.0.1\n-setcookie of_a_test\n',
      'layout/sys.config': `[{logger, [{level, info}]}, {octochat, [${motto}{tcp_port, 4040}, {http_port, 8080}, {greeting, <<"of the build">>}]}].\n`,
      ...{ 'layout.exs': layout, 'config/runtime.exs': undefined },
      ...files,
    },
    replace: {
      ...replace,
      'mix.exs': [
        ['[applications: [', `[${borrowed ? 'include_erts: false, ' : ''}applications: [distillery: :permanent, `],
      ],
      Dockerfile: [
        ['mix release --path /app', `mix release --path /app && elixir layout.exs ${version} ${borrowed}`],
        [
          'CMD ["bin/octochat", "start"]',
          'ENV REPLACE_OS_VARS=true OCTOCHAT_MOTTO=filled\nCMD ["bin/octochat", "foreground"]',
        ],
        ...(borrowed ? [['libstdc++6 libsystemd0 libtinfo6 zlib1g', 'elixir'] as const] : []),
      ],
    },
  });
}

const mixfile = `defmodule Distillery.MixProject do
  use Mix.Project
  def project, do: [app: :distillery, version: "2.1.1", build_path: "../../_build", config_path: "../../config/config.exs", deps_path: "../../deps", lockfile: "../../mix.lock"]
end
`;

// What its boot scripts call, and a provider.
const library = `defmodule Distillery.Releases.Runtime.Pidfile do
  def start, do: :ignore
end

defmodule Distillery.Releases.Config.Provider do
  def init(providers) do
    for {provider, arguments} <- providers, do: provider.init(arguments)
    environment = for {name, _, _} <- Application.loaded_applications(), do: {name, Application.get_all_env(name)}
    [file] = :init.get_arguments()[:config]
    File.write!(file, :io_lib.format("~p.~n", [environment]))
  end
end

defmodule Greeting do
  def init([variable]), do: Application.put_env(:octochat, :greeting, System.get_env(variable, "hello"))
end
`;

const entry = `#!/bin/sh
exec "$(dirname "$0")/octochat_rc_exec.sh" "$@"
`;

const chooser = (borrowed: boolean) => `#!/usr/bin/env bash
set -e
root=$(cd "$(dirname "$0")/.." && pwd -P)
export REL_NAME=octochat RELEASE_ROOT_DIR=$root RELEASES_DIR=$root/releases RELEASE_MUTABLE_DIR=\${RELEASE_MUTABLE_DIR:-$root/var}
export START_ERL_DATA=$RELEASE_MUTABLE_DIR/start_erl.data
mkdir -p "$RELEASE_MUTABLE_DIR"
if [[ $RELEASES_DIR/start_erl.data -nt $START_ERL_DATA ]]; then cp "$RELEASES_DIR/start_erl.data" "$START_ERL_DATA"; fi
export REL_VSN=\${REL_VSN:-$(cut -d ' ' -f 2 "$START_ERL_DATA")} ERTS_VSN=\${ERTS_VSN:-$(cut -d ' ' -f 1 "$START_ERL_DATA")}
export BORROWED=${borrowed ? '1' : ''}
exec "$RELEASES_DIR/$REL_VSN/$REL_NAME.sh" "$@"
`;

const main = `#!/usr/bin/env bash
set -e
export REL_DIR=$RELEASES_DIR/$REL_VSN CONSOLIDATED_DIR=$RELEASE_ROOT_DIR/lib/$REL_NAME-$REL_VSN/consolidated EMU=beam PROGNAME=erl
if [ -n "$BORROWED" ]; then
  ROOTDIR=$(erl -noshell -eval 'io:put_chars(code:root_dir()), halt().')
  BINDIR=$(echo "$ROOTDIR"/erts-*/bin) path=(-pa "$RELEASE_ROOT_DIR"/lib/*/ebin)
else
  ROOTDIR=$RELEASE_ROOT_DIR BINDIR=$RELEASE_ROOT_DIR/erts-$ERTS_VSN/bin path=()
fi
export ROOTDIR BINDIR
. "$REL_DIR/libexec/config.sh"
cd "$RELEASE_ROOT_DIR"
configured
for hook in "$REL_DIR"/hooks/pre_start.d/*; do [ ! -f "$hook" ] || . "$hook"; done
exec "$BINDIR/erlexec" -boot_var ERTS_LIB_DIR "$ROOTDIR/lib" -config "$SYS_CONFIG_PATH" "\${path[@]}" -pa "$CONSOLIDATED_DIR" \\
  -noshell -noinput +Bd -boot "$REL_DIR/$REL_NAME" -args_file "$VMARGS_PATH" -mode embedded -extra
`;

const configure = `filled() {
  while IFS= read -r line || [ -n "$line" ]; do
    while [[ $line =~ \\$\\{([A-Za-z_]+)\\} ]]; do line=\${line//"\${BASH_REMATCH[0]}"/"\${!BASH_REMATCH[1]}"}; done
    printf '%s\\n' "$line"
  done
}
configured() {
  export VMARGS_PATH=$RELEASE_MUTABLE_DIR/vm.args SYS_CONFIG_PATH=$RELEASE_MUTABLE_DIR/sys.config
  { echo '# generated'; cat "$REL_DIR/vm.args"; } | filled >"$VMARGS_PATH"
  { echo '%% generated'; cat "$REL_DIR/sys.config"; } | filled >"$SYS_CONFIG_PATH"
  "$BINDIR/erlexec" -boot_var ERTS_LIB_DIR "$ROOTDIR/lib" -config "$SYS_CONFIG_PATH" "\${path[@]}" -pa "$CONSOLIDATED_DIR" \\
    -noshell -boot "$REL_DIR/config" -s erlang halt
}
`;

// Of what mix has made.
const layout = `[version, borrowed] = System.argv()
File.cd!("/app")
own = "releases/#{version}"
File.mkdir_p!("lib/octochat-#{version}")
File.rename!("#{own}/consolidated", "lib/octochat-#{version}/consolidated")
for path <- ["env.sh", "elixir", "iex", "remote.vm.args", "start.boot", "start.script", "start_clean.boot"], do: File.rm_rf!("#{own}/#{path}")
File.rm_rf!("releases/COOKIE")
File.rm_rf!("bin")
File.cp_r!("/build/layout/bin", "bin")
for path <- ["octochat.sh", "libexec", "vm.args", "sys.config"], do: File.cp_r!("/build/layout/#{path}", "#{own}/#{path}")
for path <- ["bin/octochat", "bin/octochat_rc_exec.sh", "#{own}/octochat.sh"], do: File.chmod!(path, 0o755)
for hook <- ["pre_configure", "pre_start"], do: File.mkdir_p!("#{own}/hooks/#{hook}.d")

variables = if borrowed == "true", do: [variables: [{'ERTS_LIB_DIR', :code.lib_dir()}]], else: []
directory = String.to_charlist(own)
{:ok, _, []} = File.cd!(own, fn ->
  :systools.make_script('octochat', [:no_warn_sasl, :no_module_tests, :silent, path: ['/app/lib/*/ebin', '#{:code.lib_dir()}/*/ebin']] ++ variables)
end)
{:ok, [{:script, release, instructions}]} = :file.consult(directory ++ '/octochat.script')

write = fn path, instructions ->
  script = {:script, release, instructions}
  File.write!("#{path}.boot", :erlang.term_to_binary(script))
  File.write!("#{path}.script", :io_lib.format("~tp.~n", [script]))
end

starts = fn {:apply, {:application, :start_boot, [name | _]}} -> name; _ -> nil end
clean = Enum.filter(instructions, &(starts.(&1) in [nil, :kernel, :stdlib, :compiler, :elixir]))
providers = [{Greeting, ["OCTOCHAT_GREETING"]}]
{to, [elixir | rest]} = Enum.split_while(clean, &(starts.(&1) != :elixir))
config = to ++ [elixir, {:apply, {Distillery.Releases.Config.Provider, :init, [providers]}} | rest]
{kernel, others} = Enum.split_while(instructions, &(&1 != {:progress, :init_kernel_started}))
pidfile = {:kernelProcess, Distillery.Releases.Runtime.Pidfile, {Distillery.Releases.Runtime.Pidfile, :start, []}}
for name <- ["octochat", "start"], do: write.("#{own}/#{name}", kernel ++ [pidfile | others])
for path <- ["#{own}/start_clean", "#{own}/no_dot_erlang", "bin/start_clean", "bin/no_dot_erlang"], do: write.(path, clean)
write.("#{own}/config", config)
for path <- ["bin/start_clean.script", "bin/no_dot_erlang.script"], do: File.rm!(path)
erts = if borrowed == "true", do: "ERTS_VSN", else: :erlang.system_info(:version)
File.write!("releases/start_erl.data", "#{erts} #{version}")
:ok = :release_handler.create_RELEASES('./', 'releases', '/app/' ++ directory ++ '/octochat.rel', [])
`;
