import type { Node } from '../node/node.js';
import type { Vm } from '../node/vm.js';
import { either, type Is, isAtom, isFlag, isNumber, isText, listOf, mapOf, membersOf, oneOf } from '../system/shape.js';

/** Module name to the MD5 over the chunks that matter, in hexadecimal, as `beam_lib:md5/1` and the loader compute it. */
export type Digests = Readonly<Record<string, string>>;

/** Path below the release's root to the SHA-256 of its content. */
export type FileDigests = Readonly<Record<string, string>>;

interface Identity {
  readonly name: string;
  readonly version: string;
  readonly erts: string;
  /** OTP's major version: `25`. */
  readonly otp: string;
  /** Absolute directory inside the container. */
  readonly root: string;
}

/** A release as an image holds it: what a cold boot would run. */
export interface ImageRelease extends Identity {
  readonly applications: readonly ImageApplication[];
  /** Consolidated protocols, which belong to the release and stand before the application's own modules. */
  readonly protocols: Digests;
  /** All files that are no code: `bin/`, `releases/VSN/` and what applications carry in `priv` and elsewhere. */
  readonly files: FileDigests;
  /** The same as the image itself has it, if this is a copy under a build version (`build-version.ts`). */
  readonly inImage?: ImageRelease;
}

export interface ImageApplication {
  readonly name: string;
  readonly version: string;
  /** `permanent`, `transient`, `temporary`, `load` or `none`. */
  readonly mode: string;
  readonly directory: string;
  /** Whether its ebin directory holds a hand-written appup. */
  readonly appup: boolean;
  readonly modules: Digests;
}

/** A release as a node runs it: asked of the node, since a container may have been upgraded before. */
export interface RunningRelease extends Identity {
  readonly vm: Vm;
  /** The other VMs in its container. */
  readonly beside: readonly Vm[];
  readonly node: Node;
  readonly nodeName: string;
  /** Names of the other nodes of its cluster. */
  readonly connected: readonly string[];
  readonly osPid: string;
  readonly uptimeMs: number;
  readonly booted: boolean;
  readonly mode: string;
  readonly sasl: boolean;
  readonly heart: boolean;
  readonly writable: boolean;
  readonly applications: readonly RunningApplication[];
  readonly modules: Digests;
  readonly codePath: readonly string[];
  readonly files: FileDigests;
  /** Whom the release's files belong to inside the container. */
  readonly owner: { readonly uid: number; readonly gid: number };
}

export interface RunningApplication {
  readonly name: string;
  readonly version: string;
  readonly running: boolean;
  /** As in {@link ImageApplication}; `load` for one that is loaded and was not started. */
  readonly mode: string;
  readonly directory: string | null;
}

/** JSON of a module that has no file holds null. */
const isDigests: Is<Digests> = mapOf(either(isText, oneOf(null))) as Is<unknown> as Is<Digests>;

const identity = { name: isText, version: isText, erts: isText, otp: isText, root: isText };

export const isImageRelease: Is<Omit<ImageRelease, 'files'>> = membersOf({
  ...{ ...identity, protocols: isDigests },
  applications: listOf(
    membersOf({
      ...{ name: isText, version: isText, mode: isText, directory: isText, appup: isFlag, modules: isDigests },
    }),
  ),
});

/** A release that runs, without what its files are. */
export type ServingRelease = Omit<RunningRelease, 'files' | 'owner'>;

/** Who a node says that it is. */
export type NodeIdentity = Omit<ServingRelease, 'vm' | 'beside' | 'node' | 'nodeName'> & {
  readonly node: string;
};

export const isNodeIdentity: Is<NodeIdentity> = membersOf({
  ...{ ...identity, node: isText, osPid: isText, uptimeMs: isNumber, booted: isFlag, mode: isText, sasl: isFlag },
  ...{ heart: isFlag, writable: isFlag, modules: isDigests, codePath: listOf(isText), connected: listOf(isText) },
  applications: listOf(
    membersOf({ name: isText, version: isText, running: isFlag, mode: isText, directory: either(isText, oneOf(null)) }),
  ),
});

/** What the plan has to know of one changed module, read from its beam file. */
export interface ModuleFacts {
  readonly file: string;
  readonly module: string;
  readonly digest: string;
  readonly behaviours: readonly string[];
  /** Arities of exported code_change functions. */
  readonly codeChange: readonly number[];
  readonly exports: readonly string[];
  /** Modules it calls by name. */
  readonly calls: readonly string[];
  readonly nif: boolean;
  readonly onLoad: boolean;
  readonly protocol: boolean;
  /** How a gen_statem calls it, where it is one. */
  readonly callbackMode: string | null;
}

export const isModuleFacts: Is<ModuleFacts> = membersOf({
  ...{ file: isText, module: isText, digest: isText, behaviours: listOf(isAtom), codeChange: listOf(isNumber) },
  ...{ exports: listOf(isText), calls: listOf(isText), nif: isFlag, onLoad: isFlag, protocol: isFlag },
  callbackMode: either(isText, oneOf(null)),
});

/** The digests a cold boot of the release would load, consolidated protocols in their place. */
export function expectedModules(release: ImageRelease): Digests {
  return Object.assign({}, ...release.applications.map((application) => application.modules), release.protocols);
}
