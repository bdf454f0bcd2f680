import type { Row } from '../row.js';
import { app, spec, special } from './erlang-sources.js';

/** Processes of their own making, which speak sys's protocol themselves. */
export const specialProcesses: readonly Row[] = [
  {
    name: 'proc_lib_loop',
    promise:
      'a process of its own making, which answers system messages and calls itself by its full name, goes on in new code',
    decision: 'hot',
    before: {
      sources: {
        ...app('proc_lib_loop', spec('proc_lib_loop')),
        'src/proc_lib_loop.erl': special('proc_lib_loop', 'old'),
      },
      start: ':proc_lib_loop_app',
    },
    after: { sources: { 'src/proc_lib_loop.erl': special('proc_lib_loop', 'new') } },
    does: ':proc_lib_loop.add(42)',
    says: ['proc_lib_loop: loaded'],
    there: [[':proc_lib_loop.add(0); :proc_lib_loop.get()', '{:new, 42}']],
    back: [[':proc_lib_loop.add(0); :proc_lib_loop.get()', '{:old, 42}']],
  },
  {
    name: 'special_migrates',
    promise: 'a process of its own making is migrated by its system_code_change, and back',
    decision: 'hot',
    before: {
      sources: {
        ...app('special_migrates', spec('special_migrates')),
        'src/special_migrates.erl': special('special_migrates', 'old'),
      },
      start: ':special_migrates_app',
    },
    after: {
      sources: {
        'src/special_migrates.erl': special(
          'special_migrates',
          'new',
          '{v2, N}',
          'system_code_change({v2, N}, _, {down, _}, _) -> {ok, N};\nsystem_code_change(N, _, _, _) -> {ok, {v2, N}}.',
        ),
      },
    },
    does: ':special_migrates.add(42)',
    says: ['special_migrates: state migrated by system_code_change/4, 1 process'],
    there: [[':special_migrates.get()', '{:new, 42}']],
    back: [[':special_migrates.get()', '{:old, 42}']],
  },
];
