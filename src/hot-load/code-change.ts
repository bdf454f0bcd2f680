import type { ModuleFacts } from '../release/release.js';

const supervisors = ['supervisor', 'Elixir.Supervisor', 'Elixir.DynamicSupervisor'];
/** The function of a callback module that a behaviour's process calls to take over its state. */
const arities: Readonly<Record<string, number>> = {
  gen_server: 3,
  gen_event: 3,
  gen_statem: 4,
  gen_fsm: 4,
  'Elixir.GenServer': 3,
  'Elixir.GenStage': 3,
  'Elixir.GenStateMachine': 4,
};

/** Whether it carries a supervisor's state, which OTP and Elixir exchange: the new specifications take the place of the old. */
export function isSupervisor({ behaviours }: ModuleFacts): boolean {
  return behaviours.some((name) => supervisors.includes(name));
}

/** Whether processes are known to run it as their callback module. */
export function isCallback(module: ModuleFacts): boolean {
  return module.behaviours.some((name) => name in arities) || isSpecial(module) || module.codeChange.length > 0;
}

// As OTP's special processes are: they speak sys's protocol themselves.
function isSpecial({ exports }: ModuleFacts): boolean {
  return exports.includes('system_code_change/4');
}

/** The function that migrates a process of this module: `code_change/3`; undefined where it exports none that would be called. */
export function migration(module: ModuleFacts): string | undefined {
  const wanted = module.behaviours.flatMap((name) => arities[name] ?? []);
  // Of a behaviour that is unknown here, any may be called.
  const called = module.codeChange.filter((arity) => wanted.length === 0 || wanted.includes(arity));
  const [arity] = called;
  return arity !== undefined ? `code_change/${arity}` : isSpecial(module) ? 'system_code_change/4' : undefined;
}

/** What to export where it is missing. */
export function missingMigration({ behaviours }: ModuleFacts): string {
  const wanted = [...new Set(behaviours.flatMap((name) => arities[name] ?? []))];
  return wanted.length === 0 ? 'system_code_change/4' : wanted.map((arity) => `code_change/${arity}`).join(' or ');
}
