import type { Row } from '../row.js';

const library = (module: string, value: string) => `defmodule ${module} do\n  def value, do: ${value}\nend`;

/** What the files of the two releases tell, before any code is looked at. */
export const closedByRelease: readonly Row[] = [
  {
    name: 'leaves',
    promise: 'an application that leaves the release takes a restart',
    decision: 'restart',
    by: 'release',
    possible: true,
    before: { sources: { 'lib/a.ex': library('Leaves', '1') } },
    after: 'gone',
    reasons: ['application-removed leaves'],
  },
  {
    name: 'other_mode',
    promise: 'an application that is started in another mode takes a restart',
    decision: 'restart',
    by: 'release',
    possible: false,
    before: { sources: { 'lib/a.ex': library('OtherMode', '1') }, children: '' },
    after: { mode: 'temporary' },
    reasons: ['application-mode-changed other_mode'],
  },
  {
    name: 'only_loaded',
    promise: 'an application that is only loaded from now on takes a restart',
    decision: 'restart',
    by: 'release',
    possible: false,
    before: { sources: { 'lib/a.ex': library('OnlyLoaded', '1') }, children: '' },
    after: { mode: 'load' },
    reasons: ['application-mode-changed only_loaded'],
  },
];
