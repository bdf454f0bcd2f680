import type { Inputs } from '../inputs.js';
import type { Given, OptionName } from './options.js';

const buildOptions = ['dockerfile', 'build-args', 'target'] as const satisfies readonly OptionName[];

/** Why these options can't be meant together, in a sentence; undefined where they can. */
export function contradiction(inputs: Inputs, given: Given): string | undefined {
  if (!inputs.build && !given('image')) {
    return '`build` is "false" and `image` is not given: name the existing image, or leave `build` out.';
  }
  const unused = buildOptions.find((name) => !inputs.build && given(name));
  if (unused)
    return `\`build\` is "false", but \`${unused}\` is given, which says how to build: leave out one of the two.`;
  if (inputs.strategy === 'relup' && inputs.lingering === 'restart') {
    return '`strategy` is "relup", which never restarts, but `lingering` is "restart": allowed with it are `keep`, `kill`.';
  }
  return undefined;
}
