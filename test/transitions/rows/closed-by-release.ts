import type { Row } from '../row.js';

const library = (module: string, value: string) => `defmodule ${module} do\n  def value, do: ${value}\nend`;

/** What the files of the two releases tell, before any code is looked at. */
export const closedByRelease: readonly Row[] = [
  {
    name: 'not_bumped',
    promise: 'other code under the same version takes a restart',
    decision: 'restart',
    by: 'release',
    possible: false,
    before: { sources: { 'lib/a.ex': library('NotBumped', '1') } },
    after: { sources: { 'lib/a.ex': library('NotBumped', '2') }, version: '0.1.0' },
    reasons: ['version-not-bumped not_bumped'],
  },
  {
    name: 'priv_not_bumped',
    promise: 'another file in priv under the same version takes a restart',
    decision: 'restart',
    by: 'release',
    possible: false,
    before: { sources: { 'lib/a.ex': library('PrivNotBumped', '1'), 'priv/app.css': 'old' } },
    after: { sources: { 'priv/app.css': 'new' }, version: '0.1.0' },
    reasons: ['version-not-bumped priv_not_bumped'],
  },
  {
    name: 'specification_not_bumped',
    promise: 'another specification of an application under the same version takes a restart',
    decision: 'restart',
    by: 'release',
    possible: false,
    before: { sources: { 'lib/a.ex': library('SpecificationNotBumped', '1') }, specification: 'env: [limit: 10]' },
    after: { specification: 'env: [limit: 20]', version: '0.1.0' },
    reasons: ['version-not-bumped specification_not_bumped'],
  },
  {
    name: 'macro_not_bumped',
    promise: 'an application that was compiled with another macro, and has the same version, takes a restart',
    decision: 'restart',
    by: 'release',
    possible: false,
    before: {
      sources: {
        'lib/u.ex':
          'defmodule MacroNotBumped do\n  require MacroNotBumped.Macros\n  def of(x), do: MacroNotBumped.Macros.twice(x)\nend',
      },
      needs: ['macro_library'],
    },
    after: { version: '0.1.0' },
    siblings: {
      macro_library: {
        before: {
          sources: {
            'lib/m.ex': 'defmodule MacroNotBumped.Macros do\n  defmacro twice(x), do: quote(do: unquote(x) * 2)\nend',
          },
        },
        after: {
          sources: {
            'lib/m.ex': 'defmodule MacroNotBumped.Macros do\n  defmacro twice(x), do: quote(do: unquote(x) * 3)\nend',
          },
        },
      },
    },
    reasons: ['version-not-bumped macro_not_bumped'],
  },
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
