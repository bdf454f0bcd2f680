import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Unreadable } from '../engines/call.js';
import type { Fence } from '../engines/engine.js';
import { type Is, isText, membersOf, parsedJson } from '../system/shape.js';
import { atom, binary, type Term, tuple, write } from './term.js';

/** The agent's modules, by what they are needed for: each call carries only what it uses. */
const sets = {
  node: [
    'hot_deploy_node',
    'hot_deploy_tree',
    'hot_deploy_term',
    'hot_deploy_check',
    'hot_deploy_hosts',
    'hot_deploy_funs',
    'hot_deploy_secrets',
  ],
  install: [
    'hot_deploy_node',
    'hot_deploy_tree',
    'hot_deploy_term',
    'hot_deploy_check',
    'hot_deploy_hosts',
    'hot_deploy_install',
    'hot_deploy_records',
    'hot_deploy_environment',
    'hot_deploy_facts',
  ],
  plain: [
    'hot_deploy_node',
    'hot_deploy_tree',
    'hot_deploy_term',
    'hot_deploy_check',
    'hot_deploy_hosts',
    'hot_deploy_funs',
    'hot_deploy_install',
    'hot_deploy_records',
    'hot_deploy_environment',
    'hot_deploy_facts',
    'hot_deploy_plain',
  ],
  facts: [
    'hot_deploy_node',
    'hot_deploy_tree',
    'hot_deploy_term',
    'hot_deploy_check',
    'hot_deploy_hosts',
    'hot_deploy_facts',
    'hot_deploy_contents',
    'hot_deploy_origin',
    'hot_deploy_secrets',
  ],
  copies: [
    'hot_deploy_node',
    'hot_deploy_tree',
    'hot_deploy_term',
    'hot_deploy_check',
    'hot_deploy_hosts',
    'hot_deploy_facts',
    'hot_deploy_copies',
  ],
  drift: ['hot_deploy_node', 'hot_deploy_tree', 'hot_deploy_term', 'hot_deploy_drift'],
  held: [
    'hot_deploy_node',
    'hot_deploy_tree',
    'hot_deploy_term',
    'hot_deploy_check',
    'hot_deploy_hosts',
    'hot_deploy_funs',
    'hot_deploy_held',
  ],
  modules: [
    'hot_deploy_node',
    'hot_deploy_tree',
    'hot_deploy_term',
    'hot_deploy_check',
    'hot_deploy_hosts',
    'hot_deploy_funs',
    'hot_deploy_facts',
    'hot_deploy_records',
    'hot_deploy_environment',
    'hot_deploy_install',
    'hot_deploy_set',
    'hot_deploy_running',
    'hot_deploy_hold',
    'hot_deploy_paths',
    'hot_deploy_switch',
    'hot_deploy_undo',
  ],
  shelf: ['hot_deploy_node', 'hot_deploy_shelf'],
  config: ['hot_deploy_config', 'hot_deploy_start', 'hot_deploy_boot', 'hot_deploy_term'],
  release: [
    'hot_deploy_release',
    'hot_deploy_build',
    'hot_deploy_appup',
    'hot_deploy_relup',
    'hot_deploy_boot',
    'hot_deploy_migrations',
  ],
} as const;

/** Before an answer, among whatever else was printed. */
const mark = 'hot-deploy-answer ';

const always = ['hot_deploy_agent', 'hot_deploy_json'] as const;

export type AgentSet = keyof typeof sets;

/** Variables that are bound to the configuration of a release: of that which is to run, and of that which does. */
export type Resolved = 'Config' | 'Was';

/** One request to the agent: `Module:Function(Argument)`. */
export interface Request {
  readonly set: AgentSet;
  readonly module: string;
  readonly function: string;
  readonly argument: Term;
  /** Whether it changes something on the node though its set is one that only looks. */
  readonly changes?: true;
  /** Whether the node may still boot: the question waits for it for some seconds, as long as its VM runs. */
  readonly boots?: true;
}

/**
 * Erlang source that loads the agent, asks it, and unloads it again, so that a node is left without it whatever
 * happens in between. What is `resolved` into variables before joins the argument. A run with a `fence` is turned away where a
 * later one has changed the node; the bash script says its own in words.
 */
export function expression(
  request: Request,
  {
    resolved = [],
    fence,
  }: { readonly resolved?: readonly Resolved[]; readonly fence?: Fence | string | undefined } = {},
): string {
  const joined = resolved.map((name) => `${name.toLowerCase()}=>${name}`).join(',');
  const argument = joined === '' ? write(request.argument) : `(${write(request.argument)})#{${joined}}`;
  const token =
    fence && write(typeof fence === 'string' ? binary(fence) : tuple(binary(fence.environment), fence.token));
  const words = [write(atom(request.module)), write(atom(request.function)), argument, ...(token ? [token] : [])];
  const call = `hot_deploy_agent:main(${words.join(',')})`;
  return around(request.set, call);
}

/** The name on a node of the process that is in the agent. */
const inside = 'hot_deploy_agent';
const lookMs = 50;
/** Less than anybody waits for an answer. */
const patienceMs = 20_000;

// One process at a time on a node: to load or unload the agent under another one ends that one, perhaps in the middle of an
// installation. The name is free again when its process has ended, however it did. A switch of modules goes on after that.
const free = `{register(${inside},self()),whereis(hot_deploy_switch),whereis(hot_deploy_switch_worker)}`;
const enter = `(fun Enter(0)->false;Enter(N)->case catch ${free} of {true,undefined,undefined}->true;Other->catch(element(1,Other)=:=true andalso unregister(${inside})),receive after ${lookMs}->Enter(N-1) end end end)(${patienceMs / lookMs})`;

/** Source that loads the agent, evaluates `body` and unloads it again; answers `busy` where somebody else is at it. */
function around(set: AgentSet, body: string): string {
  const asked = `${load(set)},try ${body} after ${unload(set)},unregister(${inside}) end`;
  const detail = 'somebody else asks this node, or deploys to it, at the same time';
  const busy = write({ text: `\n${mark}{"error":"busy","detail":"${detail}"}\n` });
  return `case ${enter} of true->${asked};false->io:put_chars(${busy}) end.\n`;
}

/** The same for a VM of its own, which ends itself: nothing is unloaded. */
export function expressionForOwnVm(set: AgentSet, call: string): string {
  return `${load(set)},${call}.\n`;
}

const loads = new Map<AgentSet, string>();

function load(set: AgentSet): string {
  const known = loads.get(set) ?? loading(set);
  loads.set(set, known);
  return known;
}

function loading(set: AgentSet): string {
  const modules = [...always, ...sets[set]].map((name) => tuple(atom(name), { text: encoded(name) }));
  return `[{module,_}=code:load_binary(M,"hot_deploy",base64:decode(B))||{M,B}<-${write(modules)}]`;
}

function unload(set: AgentSet): string {
  const modules = write([...always, ...sets[set]].map(atom));
  return `[begin code:purge(M),code:delete(M),code:purge(M) end||M<-${modules}]`;
}

const beams = new Map<string, Buffer>();

/** A module of the agent, compiled. */
export function beam(name: string): Buffer {
  const known = beams.get(name) ?? readFileSync(join(directory(), `${name}.beam`));
  beams.set(name, known);
  return known;
}

const encoded = (name: string) => beam(name).toString('base64');

// Beside the bundle when it runs from dist/, and in dist/ when the sources run in a test.
function directory(): string {
  for (let at = dirname(fileURLToPath(import.meta.url)); ; at = dirname(at)) {
    for (const candidate of [join(at, 'agent'), join(at, 'dist', 'agent')]) {
      if (existsSync(join(candidate, 'hot_deploy_agent.beam'))) {
        return candidate;
      }
    }
    if (at === dirname(at)) {
      throw new Error('The agent is missing beside the program: reinstall hot-deploy, or run script/build.');
    }
  }
}

/** What the agent refused, or how it failed. */
export class AgentError extends Error {
  readonly code: string;
  constructor(code: string, detail: string) {
    super(detail);
    this.name = 'AgentError';
    this.code = code;
  }
}

/**
 * The agent's answer among whatever else was printed; undefined where there is none, or where it was cut off. Whoever is in the
 * container could have printed it instead: it is none unless it is what it has to be.
 *
 * @throws AgentError
 * @throws Unreadable
 */
export function answer<T>(stdout: string, is: Is<T>): T | undefined {
  const complete = stdout.split('\n').slice(0, -1);
  const line = complete.find((candidate) => candidate.startsWith(mark));
  if (line === undefined) {
    return undefined;
  }
  const parsed = parsedJson(line.slice(mark.length));
  if (isRefused(parsed)) {
    throw new AgentError(parsed.error, parsed.detail.slice(0, longestDetail));
  }
  if (typeof parsed !== 'object' || parsed === null || !('ok' in parsed) || !is(parsed.ok)) {
    throw new Unreadable('The answer of the node is none that the agent gives.');
  }
  return parsed.ok;
}

const isRefused = membersOf({ error: isText, detail: isText });
/** Erlang's own words are longer at times than anybody reads. */
const longestDetail = 2_000;
