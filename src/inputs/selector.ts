import { kind } from './kind.js';

/** Which containers are meant. */
export type Selector =
  | { readonly by: 'name'; readonly name: string }
  | { readonly by: 'label'; readonly key: string; readonly value: string }
  | { readonly by: 'compose'; readonly project: string; readonly service: string };

export const selector = kind<Selector>(
  "a container's exact name, `label:KEY=VALUE` or `compose:PROJECT/SERVICE`",
  (text) => label(text) ?? compose(text) ?? name(text),
);

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
