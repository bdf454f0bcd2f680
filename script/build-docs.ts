import { stringify } from 'yaml';
import { groups, helpLines } from '../src/config/help-lines.js';
import { type OptionName, option, optionNames } from '../src/config/options.js';
import { reasonCodes } from '../src/reasons/codes.js';
import { outputNames, outputs } from '../src/report/outputs.js';

/** What is generated into a document, by the name of its block. */
const blocks: Readonly<Record<string, () => string>> = {
  'action-inputs': () => yaml({ inputs: Object.fromEntries(optionNames.map((name) => [name, actionInput(name)])) }),
  'action-outputs': () =>
    yaml({
      outputs: Object.fromEntries(outputNames.map((name) => [name, { description: outputs[name].description }])),
    }),
  inputs: () =>
    `\n${groups.map((group) => `### ${group}\n${table(['Name', 'Default', 'Meaning'], inputsOf(group).map(inputRow))}`).join('')}`,
  outputs: () =>
    table(
      ['Name', 'Value'],
      outputNames.map((name) => [`\`${name}\``, outputs[name].description]),
    ),
  reasons: () =>
    table(
      ['Code', 'Meaning'],
      Object.entries(reasonCodes).map(([code, meaning]) => [`\`${code}\``, meaning]),
    ),
};

/** The document with everything between `generated: NAME` and `end of NAME` made anew, in Markdown or YAML comments. */
export function withBlocks(document: string): string {
  return document.replace(
    /^((?:<!--|#) generated: (\S+)(?: -->)?\n).*?^((?:<!--|#) end of \2(?: -->)?)$/gms,
    (_, begin: string, name: string, end: string) => {
      const block = blocks[name];
      if (!block) throw new Error(`nothing generates a block \`${name}\`; there are ${Object.keys(blocks).join(', ')}`);
      return `${begin}${block()}${end}`;
    },
  );
}

function actionInput(name: OptionName) {
  const { description, kind, default: fixed, inAction: standard = fixed, required = false } = option(name);
  const described = `${description} Allowed: ${kind.allowed}.`;
  return { description: described, required, ...(standard !== undefined && { default: standard }) };
}

/** As `--help` groups them, and the mode first. */
const inputsOf = (group: (typeof groups)[number]) =>
  optionNames.filter((name) => (name === 'mode' ? groups[0] : helpLines[name].group) === group);

function inputRow(name: OptionName): readonly string[] {
  const { kind, description, required, default: standard, otherwise = '' } = option(name);
  const fallback = standard === undefined ? otherwise : `\`${standard}\``;
  return [`\`${name}\``, required ? '**required**' : fallback, `${description} Allowed: ${kind.allowed}.`];
}

const yaml = (value: unknown) =>
  stringify(value, { lineWidth: 0, defaultStringType: 'QUOTE_SINGLE', defaultKeyType: 'PLAIN' });

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return `\n${lines.join('\n')}\n\n`;
}
