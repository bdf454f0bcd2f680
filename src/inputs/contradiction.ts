import type { Inputs } from '../inputs.js';
import type { Given, OptionName } from './options.js';

const buildOptions = ['dockerfile', 'build-args', 'target'] as const satisfies readonly OptionName[];

/** Why these options can't be meant together, in a sentence; undefined where they can. */
export function contradiction(inputs: Inputs, given: Given): string | undefined {
  if (inputs.from !== undefined && !['plan', 'rehearse'].includes(inputs.mode)) {
    return `\`from\` is given, which stands for the containers where there are none, and \`mode\` is "${inputs.mode}". Allowed with it are \`plan\`, \`rehearse\`.`;
  }
  if (given('to') && inputs.mode !== 'rollback') {
    return `\`to\` is given, which says what to go back to, and \`mode\` is "${inputs.mode}". Allowed with it is \`rollback\`.`;
  }
  // It builds nothing and loads nothing: what is said about that is left alone.
  if (inputs.mode === 'status') return undefined;
  // Nor does it build.
  if (inputs.mode === 'rollback') return against(inputs);
  if (!inputs.build && !given('image')) {
    return '`build` is "false" and `image` is not given: name the existing image, or leave `build` out.';
  }
  const unused = buildOptions.find((name) => !inputs.build && given(name));
  if (unused)
    return `\`build\` is "false", but \`${unused}\` is given, which says how to build: leave out one of the two.`;
  return against(inputs);
}

function against(inputs: Inputs): string | undefined {
  if (inputs.strategy === 'relup' && inputs.lingering === 'restart') {
    return '`strategy` is "relup", which never restarts, but `lingering` is "restart": allowed with it are `keep`, `kill`.';
  }
  if (inputs.from !== undefined && inputs.containers.length > 0) {
    return '`from` and `containers` are both given, and each says what runs: leave out one of the two.';
  }
  if (inputs.mode === 'rehearse' && inputs.strategy === 'restart') {
    return '`strategy` is "restart", which leaves nothing to rehearse: allowed with `rehearse` are `auto`, `relup`.';
  }
  if (inputs.rehearse === 'never' && inputs.rehearseCommand !== undefined) {
    return '`rehearse` is "never", but `rehearse-command` is given: leave out one of the two.';
  }
  return undefined;
}
