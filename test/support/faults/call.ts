import { entries } from './tar.js';

/** One request to the engine, as the proxy sees it. */
export interface Call {
  readonly method: string;
  /** Without the version and the query; ids and names are `*`, so that two runs have the same calls. */
  readonly path: string;
  /** The container, exec or network that is meant, as it stands in the path. */
  readonly target?: string;
  /** The name that is asked for: a new container's, or one that is renamed. */
  readonly name?: string;
  /** Which of those with the same method, path and journal's step this is, from 1. */
  readonly nth: number;
  /** The step that it writes down in a environment's journal. */
  readonly journal?: string;
}

/** `DELETE /containers/* 2`. */
export const keyOf = ({ method, path, nth, journal }: Call): string =>
  journal === undefined ? `${method} ${path} ${nth}` : `${method} ${path} ${nth} (${journal})`;

/** Whether it changes something, or may: an exec is both. */
export const isChanging = ({ method }: Pick<Call, 'method'>): boolean => method !== 'GET' && method !== 'HEAD';

/** The beginning of a body that is looked at. An entry is far smaller. */
export const lookedAtBytes = 1 << 20;

const entryFile = /(?:^|\/)journal-[0-9a-f]+\/\d+-([a-z-]+)\.json$/;
const beatFile = /(?:^|\/)heartbeat-[0-9a-f]+$/;

/** Names calls, and counts those that have the same name. */
export function calls(): (method: string, url: string, body: Buffer) => Call | undefined {
  const counts = new Map<string, number>();
  return (method, url, body) => {
    const { pathname, searchParams } = new URL(url, 'http://engine');
    const plain = pathname.replace(/^\/v[\d.]+/, '');
    const target = /^\/(?:containers|exec|networks)\/([^/]+)(?=\/|$)/.exec(plain)?.[1];
    const isList = target === undefined || ['json', 'create', 'prune'].includes(target);
    const path = isList ? plain : plain.replace(`/${target}`, '/*');
    const files = method === 'PUT' ? entries(body).map((entry) => entry.name) : [];
    // It comes every few seconds, whatever else goes on: no run has the same number of them.
    if (files.some((name) => beatFile.test(name))) return undefined;
    const written = files.flatMap((name) => entryFile.exec(name)?.[1] ?? []);
    // Several are a journal that comes along into the next lock, and no step.
    const [journal] = written.length === 1 ? written : [];
    const key = `${method} ${path} ${journal ?? ''}`;
    const nth = (counts.get(key) ?? 0) + 1;
    counts.set(key, nth);
    const name = searchParams.get('name');
    return {
      method,
      path,
      nth,
      ...(!isList && { target }),
      ...(name !== null && { name }),
      ...(journal !== undefined && { journal }),
    };
  };
}
