import { hotOptions } from '../reasons/strategies.js';
import { type Inputs, onlyHot } from './inputs.js';
import type { Given, OptionName } from './options.js';

/** Options that can't be meant together. */
interface Contradiction {
  /** Those that it is between: none is told of one whose text is a mistake already. */
  readonly between: readonly OptionName[];
  readonly says: string | false | undefined;
}

const buildOptions = ['dockerfile', 'build-args', 'target'] as const satisfies readonly OptionName[];

/** Why these options can't be meant together, in a sentence each. */
export function contradictions(inputs: Inputs, given: Given, mistaken: ReadonlySet<OptionName>): readonly string[] {
  return all(inputs, given).flatMap(({ between, says }) =>
    says && !between.some((name) => mistaken.has(name)) ? [says] : [],
  );
}

function all(inputs: Inputs, given: Given): readonly Contradiction[] {
  const { mode, from, build, containers, strategy, lingering, rehearse, rehearseCommand } = inputs;
  const always: readonly Contradiction[] = [
    {
      between: ['mode', 'from'],
      says:
        from !== undefined &&
        mode !== 'plan' &&
        mode !== 'rehearse' &&
        `\`from\` is given, which stands for the containers where there are none, and \`mode\` is "${mode}". Allowed with it are \`plan\`, \`rehearse\`.`,
    },
    {
      between: ['mode', 'to'],
      says:
        given('to') &&
        mode !== 'rollback' &&
        `\`to\` is given, which says what to go back to, and \`mode\` is "${mode}". Allowed with it is \`rollback\`.`,
    },
  ];
  // It builds nothing and loads nothing: what is said about that is left alone.
  if (mode === 'status' || mode === 'uninstall') return always;
  const building: readonly Contradiction[] = [
    {
      between: ['mode', 'build', 'image'],
      says:
        !build &&
        !given('image') &&
        '`build` is "false" and `image` is not given: name the existing image, or build one with `build: true` (`--build`).',
    },
    ...buildOptions.map((name) => ({
      between: ['mode', 'build', name] as const,
      says:
        !build &&
        given(name) &&
        `\`${name}\` is given, which says how to build, and \`build\` is "false": add \`build: true\` (\`--build\`), or leave out \`${name}\`.`,
    })),
  ];
  const loading: readonly Contradiction[] = [
    {
      between: ['strategy', 'lingering'],
      says:
        onlyHot(inputs) !== undefined &&
        lingering === 'restart' &&
        `\`strategy\` is "${strategy}", which never restarts, but \`lingering\` is "restart": allowed with it are \`keep\`, \`kill\`.`,
    },
    {
      between: ['nodes', 'strategy', 'lingering'],
      says:
        inputs.nodes === 'cluster' &&
        (strategy === 'restart' || lingering === 'restart') &&
        `\`nodes\` is "cluster", and a node that runs in none of the containers cannot be restarted, but \`${strategy === 'restart' ? 'strategy' : 'lingering'}\` is "restart".`,
    },
    {
      between: ['from', 'containers'],
      says:
        from !== undefined &&
        containers.length > 0 &&
        '`from` and `containers` are both given, and each says what runs: leave out one of the two.',
    },
    {
      between: ['mode', 'strategy'],
      says:
        mode === 'rehearse' &&
        strategy === 'restart' &&
        `\`strategy\` is "restart", which leaves nothing to rehearse: allowed with \`rehearse\` are ${['auto', ...hotOptions].map((option) => `\`${option}\``).join(', ')}.`,
    },
    {
      between: ['rehearse', 'rehearse-command'],
      says:
        rehearse === 'never' &&
        rehearseCommand !== undefined &&
        '`rehearse` is "never", but `rehearse-command` is given: leave out one of the two.',
    },
  ];
  // A rollback does not build.
  return mode === 'rollback' ? [...always, ...loading] : [...always, ...building, ...loading];
}
