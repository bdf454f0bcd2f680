import type { Row } from '../row.js';
import { applications } from './applications.js';
import { closedByCode } from './closed-by-code.js';
import { closedByRelease } from './closed-by-release.js';
import { closedByTree } from './closed-by-tree.js';
import { elixirProcesses } from './elixir-processes.js';
import { erlangProcesses } from './erlang-processes.js';
import { lists } from './lists.js';
import { modules } from './modules.js';
import { names } from './names.js';
import { protocols } from './protocols.js';
import { rebuilt } from './rebuilt.js';
import { rehearsed } from './rehearsed.js';
import { resources } from './resources.js';
import { shelves } from './shelves.js';
import { specialProcesses } from './special-processes.js';
import { supervisors } from './supervisors.js';
import { versions } from './versions.js';

/** All transitions. */
export const rows: readonly Row[] = [
  ...modules,
  ...names,
  ...applications,
  ...versions,
  ...rebuilt,
  ...elixirProcesses,
  ...erlangProcesses,
  ...specialProcesses,
  ...supervisors,
  ...lists,
  ...shelves,
  ...protocols,
  ...resources,
  ...closedByRelease,
  ...closedByCode,
  ...closedByTree,
  ...rehearsed,
];
