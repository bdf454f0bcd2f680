import type { Row } from '../row.js';

const library = (module: string, value: string) => `defmodule ${module} do\n  def value, do: ${value}\nend`;

/** Versions of applications in all the shapes they have, and appups by hand. */
export const versions: readonly Row[] = [
  {
    name: 'release_candidate',
    promise: 'a release candidate becomes the release',
    decision: 'hot',
    before: { sources: { 'lib/a.ex': library('ReleaseCandidate', '1') }, version: '1.0.0-rc.1' },
    after: { sources: { 'lib/a.ex': library('ReleaseCandidate', '2') }, version: '1.0.0' },
    says: ['ReleaseCandidate: loaded'],
    there: [['ReleaseCandidate.value()', '2']],
    back: [['ReleaseCandidate.value()', '1']],
  },
  {
    name: 'build_metadata',
    promise: 'versions that differ in their build metadata are different versions',
    decision: 'hot',
    before: { sources: { 'lib/a.ex': library('BuildMetadata', '1') }, version: '1.0.0+build.9' },
    after: { sources: { 'lib/a.ex': library('BuildMetadata', '2') }, version: '1.0.0+build.10' },
    says: ['BuildMetadata: loaded'],
    there: [['BuildMetadata.value()', '2']],
    back: [['BuildMetadata.value()', '1']],
  },
  {
    name: 'goes_backwards',
    promise: 'an application whose version goes backwards, in a release that goes forwards, is exchanged',
    decision: 'hot',
    before: { sources: { 'lib/a.ex': library('GoesBackwards', '1') }, version: '2.1.0' },
    after: { sources: { 'lib/a.ex': library('GoesBackwards', '2') }, version: '2.0.3' },
    says: ['GoesBackwards: loaded'],
    there: [['GoesBackwards.value()', '2']],
    back: [['GoesBackwards.value()', '1']],
  },
  {
    name: 'appup_by_hand',
    promise: 'an application with an appup by hand is upgraded by that one, up and down',
    decision: 'hot',
    before: { sources: { 'src/appup_by_hand.erl': '-module(appup_by_hand).\n-export([who/0]).\nwho() -> 1.\n' } },
    after: {
      sources: { 'src/appup_by_hand.erl': '-module(appup_by_hand).\n-export([who/0]).\nwho() -> 2.\n' },
      appup: `{"0.2.0",
  [{"0.1.0", [{load_module, appup_by_hand, soft_purge, soft_purge, []}, {apply, {persistent_term, put, [appup_by_hand, up]}}]}],
  [{"0.1.0", [{load_module, appup_by_hand, soft_purge, soft_purge, []}, {apply, {persistent_term, put, [appup_by_hand, down]}}]}]}.`,
    },
    says: ['appup_by_hand: loaded'],
    up: ['{apply,{persistent_term,put,[appup_by_hand,up]}}'],
    down: ['{apply,{persistent_term,put,[appup_by_hand,down]}}'],
    there: [['{:appup_by_hand.who(), :persistent_term.get(:appup_by_hand)}', '{2, :up}']],
    back: [['{:appup_by_hand.who(), :persistent_term.get(:appup_by_hand)}', '{1, :down}']],
  },
];
