import { type Container, connect } from './container.js';
import type { Source } from './images.js';

type Pairs = readonly (readonly [from: string, to: string])[];

/** A release of octochat that the example does not have: one of its versions under another number, with changes. */
export interface Variant {
  /** The release's version, and that of the applications in `bumped`. */
  readonly version: string;
  /** The example's version it starts from; the first where absent. */
  readonly basis?: 1 | 2;
  /** Applications that get the new version too; octochat alone where absent. */
  readonly bumped?: readonly ('kv' | 'octochat')[];
  readonly files?: Source['files'];
  readonly replace?: Readonly<Record<string, Pairs>>;
  /** Hand-written appup of octochat. */
  readonly appup?: string;
  readonly debian?: 'bookworm' | 'trixie';
}

const release = 'mix release --path /app';

/** What the image of a variant is built from. */
export function octochat({
  version,
  basis = 1,
  bumped = ['octochat'],
  files = {},
  replace = {},
  appup,
  debian = 'bookworm',
}: Variant): Source {
  const bump: Pairs = [[`"VERSION", "0.${basis}.0"`, `"VERSION", "${version}"`]];
  const all: Record<string, Pairs> = { 'mix.exs': bump };
  for (const name of bumped) {
    all[`apps/${name}/mix.exs`] = bump;
  }
  if (appup !== undefined) {
    all['Dockerfile'] = [[release, `${release} && cp octochat.appup /app/lib/octochat-${version}/ebin/`]];
  }
  for (const [path, pairs] of Object.entries(replace)) {
    all[path] = [...(all[path] ?? []), ...pairs];
  }
  return {
    example: 'octochat',
    version: basis,
    debian,
    files: { ...files, ...(appup !== undefined && { 'octochat.appup': appup }) },
    replace: all,
  };
}

/** The version that answers a new client of the container. */
export async function served(container: Container): Promise<string> {
  return await servedAt(await container.port(4040));
}

/** The version that answers a new client at this port of the host. */
export async function servedAt(port: number): Promise<string> {
  const client = await connect(port);
  const [, version = ''] = (await client.ask('PING')).split(' ');
  client.close();
  return version;
}
