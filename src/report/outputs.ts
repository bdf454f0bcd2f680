import type { Report } from '../deployment/report.js';
import { strategyNames } from '../reasons/strategies.js';
import { totalDowntime } from './totals.js';
import { verdict } from './verdict.js';

interface Output {
  readonly description: string;
  /** Empty where the run has no such thing. */
  readonly of: (report: Report, reportPath: string) => string;
}

/** The Action's outputs. action.yml and the table of docs/inputs.md are generated from here. */
export const outputs = {
  outcome: {
    description:
      '`planned`, `unchanged`, `deployed`, `rolled-back`, `refused` or `failed`. The job fails on the last three.',
    of: ({ outcome }) => outcome,
  },
  method: {
    description: `${Object.entries(strategyNames)
      .map(([name, { hot }]) => `\`${name}\` (${hot ? 'hot' : 'restart'})`)
      .join(', ')} or \`none\`.`,
    of: ({ method }) => method,
  },
  'from-version': { description: 'The version that ran before.', of: ({ from = '' }) => from },
  'to-version': { description: 'The version to deploy.', of: ({ to = '' }) => to },
  'downtime-ms': {
    description: 'The longest downtime of one container, in milliseconds. Empty if it was not measured.',
    of: ({ containers }) => numeral(totalDowntime(containers)?.ms),
  },
  'failed-requests': {
    description: 'How many requests of the probe failed. Empty if they were not measured.',
    of: ({ containers }) => numeral(totalDowntime(containers)?.failed),
  },
  reasons: {
    description: 'The reasons for the method: a JSON array of `{code, subject, message, blocks}`.',
    of: ({ reasons }) => JSON.stringify(reasons),
  },
  image: {
    description: 'The image with its digest.',
    of: ({ image }) => (image ? `${image.reference}@${image.id}` : ''),
  },
  report: { description: 'The path of the JSON report.', of: (_, reportPath) => reportPath },
  bundle: { description: 'The path of the relup bundle, if there is one.', of: ({ bundle }) => bundle?.path ?? '' },
  script: { description: 'The path of the bash script.', of: ({ script }) => script?.path ?? '' },
  summary: { description: 'What happened, in one sentence.', of: verdict },
} as const satisfies Readonly<Record<string, Output>>;

export const outputNames = Object.keys(outputs) as readonly (keyof typeof outputs)[];

/** Name and value of each output. */
export function renderOutputs(report: Report, reportPath: string): readonly (readonly [string, string])[] {
  return outputNames.map((name) => [name, (outputs[name] as Output).of(report, reportPath)]);
}

const numeral = (value: number | undefined) => (value === undefined ? '' : String(Math.round(value * 10) / 10));
