import type { Row } from '../row.js';
import { applications } from './applications.js';
import { elixirProcesses } from './elixir-processes.js';
import { erlangProcesses } from './erlang-processes.js';
import { modules } from './modules.js';
import { protocols } from './protocols.js';
import { resources } from './resources.js';
import { supervisors } from './supervisors.js';

/** All transitions. */
export const rows: readonly Row[] = [
  ...modules,
  ...applications,
  ...elixirProcesses,
  ...erlangProcesses,
  ...supervisors,
  ...protocols,
  ...resources,
];
