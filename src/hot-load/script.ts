/** What the upgrade does one way, by the names of modules, as systools made it of all appups. */
export interface Script {
  /** Low-level instructions as Erlang prints them. */
  readonly instructions: readonly string[];
  /** In order; a module that is loaded twice stands there twice. */
  readonly loads: readonly string[];
  /** Modules that are gone afterwards. */
  readonly removes: readonly string[];
  /** Modules whose processes are suspended. */
  readonly holds: readonly string[];
  /** Modules whose processes call code_change: that of the code loaded by this script, or of the code before. */
  readonly migrates: readonly { readonly module: string; readonly loaded: boolean }[];
  /** Applications that are stopped and started. */
  readonly restarts: readonly string[];
  /** How many functions are called beside those of `application`. */
  readonly applies: number;
}

/** Both ways. */
export interface Scripts {
  readonly up: Script;
  readonly down: Script;
}

/** Modules whose processes are held, either way. */
function heldBy({ up, down }: Scripts): readonly string[] {
  return [...new Set([...up.holds, ...down.holds])];
}

/** Modules that get other code, deleted ones included. */
function loadedBy({ up, down }: Scripts): readonly string[] {
  return [...new Set([...up.loads, ...up.removes, ...down.loads, ...down.removes])];
}

/** What a way does to modules, either way, by what its scripts do. */
export function effectOf(scripts: Scripts) {
  const { up, down } = scripts;
  return { updates: heldBy(scripts), loads: loadedBy(scripts), removed: up.removes, added: down.removes };
}

/** Applications that are restarted both ways: nothing of them is carried over. */
export function restartedBy({ up, down }: Scripts): readonly string[] {
  return up.restarts.filter((application) => down.restarts.includes(application));
}

/** The relup as systools made it, with the release's protocols put in. */
export interface Relup extends Scripts {
  readonly relup: string;
  /** Whether an instruction restarts the emulator. */
  readonly restarts: boolean;
  readonly warnings: readonly string[];
}
