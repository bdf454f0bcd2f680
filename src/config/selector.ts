import { type Kind, kind } from './kind.js';
import { type ProbeChoice, probeChoice } from './probe.js';

/** Which containers are meant. */
export type Selector = (
  | { readonly by: 'name'; readonly name: string }
  | { readonly by: 'label'; readonly key: string; readonly value: string }
  | { readonly by: 'compose'; readonly project: string; readonly service: string }
) & {
  /** What these containers are asked by, in place of `probe`. */
  readonly probe?: ProbeChoice;
};

const containers = kind<Selector>(
  "a container's exact name, `label:KEY=VALUE` or `compose:PROJECT/SERVICE`",
  (text) => label(text) ?? compose(text) ?? name(text),
);
const separator = ' probe=';

export const selector: Kind<Selector> = {
  allowed: `${containers.allowed}, optionally with its own probe: \`NAME probe=http://{container}:4000/health\`, \`NAME probe=none\``,
  parse: (text, option) => {
    const at = text.indexOf(separator);
    if (at < 0) return containers.parse(text, option);
    const probe = probeChoice.parse(text.slice(at + separator.length), option);
    return { ...containers.parse(text.slice(0, at).trim(), option), probe };
  },
};

function label(text: string): Selector | undefined {
  const [, key, value] = /^label:([^=\s]+)=(.*)$/.exec(text) ?? [];
  return key === undefined || value === undefined ? undefined : { by: 'label', key, value };
}

function compose(text: string): Selector | undefined {
  const [, project, service] = /^compose:([\w.-]+)\/([\w.-]+)$/.exec(text) ?? [];
  return project === undefined || service === undefined ? undefined : { by: 'compose', project, service };
}

/** The Engine's own rule for names, which leaves out the colon: a mistyped `lable:a=b` is no name. */
function name(text: string): Selector | undefined {
  return /^[a-zA-Z0-9][\w.-]+$/.test(text) ? { by: 'name', name: text } : undefined;
}
