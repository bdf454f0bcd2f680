import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Application, applicationsOf, type Changed, type Row, type Transition } from './row.js';

/** A release to be built: applications by their names. */
export interface Umbrella {
  readonly version: string;
  readonly applications: Readonly<Record<string, Application & { readonly version: string }>>;
}

/** The release in which all rows are as they were. */
export function before(rows: readonly Row[]): Umbrella {
  return umbrella('0.1.0', rows, ({ before: old }) => old && { version: '0.1.0', ...old });
}

/** The release in which the transitions of `changing` have happened; the other rows are as they were. */
export function after(rows: readonly Row[], changing: readonly Row[]): Umbrella {
  return umbrella('0.2.0', rows, ({ before: old, after: next }, row) => {
    if (!changing.includes(row)) {
      return old && { version: '0.1.0', ...old };
    }
    return next === 'gone' ? undefined : { version: '0.2.0', ...changed(old, next) };
  });
}

function umbrella(
  version: string,
  rows: readonly Row[],
  take: (transition: Transition, row: Row) => (Application & { readonly version: string }) | undefined,
): Umbrella {
  const all = rows.flatMap((row) =>
    Object.entries(applicationsOf(row)).flatMap(([name, transition]) => {
      const application = take(transition, row);
      return application === undefined ? [] : [[name, application] as const];
    }),
  );
  return { version, applications: Object.fromEntries(all) };
}

function changed(old: Application | undefined, next: Changed): Application {
  const { version: _, ...kept } = old ?? { sources: {} };
  const sources = Object.entries({ ...kept.sources, ...next.sources });
  return {
    ...kept,
    ...next,
    sources: Object.fromEntries(sources.flatMap(([path, text]) => (text === undefined ? [] : [[path, text] as const]))),
  };
}

/** Lays an umbrella out in a folder, with a Dockerfile that makes its release. */
export async function layOut(folder: string, { version, applications }: Umbrella): Promise<void> {
  const names = Object.keys(applications);
  const modes = names.map((name) => `${name}: :${applications[name]?.mode ?? 'permanent'}`);
  const config = names.flatMap((name) => {
    const text = applications[name]?.config;
    return text === undefined ? [] : [`config :${name}, ${text}`];
  });
  const files: Record<string, string> = {
    Dockerfile: dockerfile,
    'config/config.exs': ['import Config', 'config :logger, level: :error', ...config, ''].join('\n'),
    'mix.exs': `defmodule Rows.MixProject do
  use Mix.Project

  def project do
    [
      apps_path: "apps",
      version: "${version}",
      start_permanent: true,
      releases: [rows: [applications: [sasl: :permanent, ${modes.join(', ')}]]]
    ]
  end
end
`,
  };
  for (const [name, application] of Object.entries(applications)) {
    for (const [path, text] of Object.entries(child(name, application))) {
      files[`apps/${name}/${path}`] = text;
    }
  }
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

function child(
  name: string,
  application: Application & { readonly version: string },
): Readonly<Record<string, string>> {
  const { version, sources, children, strategy = 'strategy: :one_for_one', needs = [], appup } = application;
  const module = camel(name);
  const start = application.start ?? (children === undefined ? undefined : `${module}.Application`);
  const keys = [
    ...(start === undefined ? [] : [`mod: {${start}, []}`]),
    'extra_applications: [:logger]',
    ...(application.specification === undefined ? [] : [application.specification]),
  ];
  return {
    ...sources,
    ...(appup !== undefined && { [`${name}.appup`]: appup }),
    ...(children !== undefined && {
      'lib/application.ex': `defmodule ${module}.Application do
  use Application

  @impl true
  def start(_type, _args) do
    Supervisor.start_link([${children}], ${strategy}, name: ${module}.Supervisor)
  end
end
`,
    }),
    'mix.exs': `defmodule ${module}.MixProject do
  use Mix.Project

  def project do
    [
      app: :${name},
      version: "${version}",
      build_path: "../../_build",
      config_path: "../../config/config.exs",
      deps_path: "../../deps",
      lockfile: "../../mix.lock",
      start_permanent: true,
      deps: [${needs.map((need) => `{:${need}, in_umbrella: true}`).join(', ')}]
    ]
  end

  def application, do: [${keys.join(', ')}]
end
`,
  };
}

function camel(name: string): string {
  return name
    .split('_')
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join('');
}

// The packages are those of the examples, so that their layers are found in the build cache.
const dockerfile = `ARG DEBIAN=bookworm

FROM debian:\${DEBIAN}-slim AS build
RUN apt-get update && apt-get install --yes --no-install-recommends elixir erlang-dev && rm -rf /var/lib/apt/lists/*
ENV LANG=C.UTF-8 MIX_ENV=prod
WORKDIR /build
COPY . .
RUN mix compile --warnings-as-errors && mix release --path /app
RUN for appup in apps/*/*.appup; do [ ! -e "$appup" ] || cp "$appup" /app/lib/"$(basename "$appup" .appup)"-*/ebin/; done

FROM debian:\${DEBIAN}-slim
RUN apt-get update && apt-get install --yes --no-install-recommends libstdc++6 libsystemd0 libtinfo6 zlib1g && rm -rf /var/lib/apt/lists/*
RUN useradd --system --home-dir /app --shell /usr/sbin/nologin rows && install --directory --owner=rows --group=rows /app
ENV LANG=C.UTF-8
WORKDIR /app
COPY --from=build --chown=rows:rows /app /app
USER rows
CMD ["bin/rows", "start"]
`;
