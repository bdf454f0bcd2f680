import { around } from '../../node/agent.js';
import { boot, type ConfigRequest, resolveFunction, resolverFor, switchScript } from '../../node/config.js';
import { callNode, evaluateInput, ownEnvironment } from '../../node/shell.js';
import { atom, map, type Term, text, write } from '../../node/term.js';
import type { Entry } from '../../release/archive.js';
import { expectedModules, type ImageRelease, type RunningRelease } from '../../release/release.js';
import type { Direction, UpgradeManifest } from './manifest.js';
import { file } from './relup.js';

/** What the bundle is about, as far as those have to know who load it by hand. */
export interface ByHand {
  readonly running: Pick<RunningRelease, 'version' | 'root' | 'modules' | 'applications'>;
  readonly next: Pick<ImageRelease, 'version' | 'applications' | 'protocols'> & ImageRelease;
  readonly images: UpgradeManifest['images'];
  readonly directories: readonly string[];
  readonly checksums: UpgradeManifest['checksums'];
  readonly updates: readonly string[];
  readonly loads: readonly string[];
  readonly removed: readonly string[];
  readonly added: readonly string[];
}

/**
 * The folder `hot-deploy/` of an artifact: what `hot-deploy.sh hot` hands to the container's own shell and runtime. They
 * answer in plain words, so that bash has nothing to parse. In place of `@NAME@` bash puts what is known only then:
 * numbers, and words in base64.
 */
export function byHand(what: ByHand): readonly Entry[] {
  const { running, next, images, directories, checksums } = what;
  const { root, version: from } = running;
  const to = next.version;
  const old = running.applications.map(({ name, version }) => [name, version] as const);
  const fresh = next.applications
    .filter(({ mode }) => mode !== 'none')
    .map(({ name, version }) => [name, version] as const);
  const about = [
    'schema 2',
    `from ${from}`,
    `to ${to}`,
    `image-from ${images.from}`,
    `image-to ${images.to}`,
    `root ${root}`,
    `sha256-up ${checksums.up.sha256}`,
    `checksums-up ${checksums.up.file}`,
    `sha256-down ${checksums.down.sha256}`,
    `checksums-down ${checksums.down.file}`,
    ...directories.map((directory) => `directory ${directory}`),
  ];
  const prints = (config: ConfigRequest) => resolverFor('@PID@', config, printing);
  const resolve = (config: ConfigRequest) => resolverFor('@PID@', config, 'hot_deploy_config:main(R)');
  const up = { root, version: to, running: from, applications: fresh };
  const down = { root, version: from, running: to, applications: old };
  const texts: Readonly<Record<string, string>> = {
    about: `${about.join('\n')}\n`,
    'call.sh': `${callNode}\n`,
    'prints.sh': `${ownEnvironment}${resolveFunction}\nprintf '%s' "$HOT_DEPLOY_RESOLVER" | resolve "$2" "$5" "$6" "$7"\n`,
    'switch.sh': switchScript,
    evaluate: evaluateInput,
    'boot-up': `${boot(up).join('\n')}\n`,
    'boot-down': `${boot(down).join('\n')}\n`,
    'ready.erl': speaking('node', ready(what)),
    'state.erl': speaking('node', `I=hot_deploy_node:identify(#{}),${state(what)}`),
    'prints-up.erl': prints({ ...down, running: from }),
    'prints-down.erl': prints({ ...up, running: from }),
    'resolve-up.erl': resolve(up),
    'resolve-down.erl': resolve(down),
    'install-up.erl': speaking('install', install(what, { direction: 'up', to, gone: what.removed })),
    'install-down.erl': speaking('install', install(what, { direction: 'down', to: from, gone: what.added })),
    'unload.erl': speaking(
      'node',
      `#{lingering:=L}=hot_deploy_node:unload_old(#{modules=>${write(what.loads.map(atom))},kill=>false}),S(["left ",integer_to_list(length(L))])`,
    ),
    'permanent.erl': speaking(
      'install',
      `case hot_deploy_install:make_permanent(${write(text(to))}) of #{result:=permanent}->S("permanent");#{why:=W}->S(["refused ",W]) end`,
    ),
    'unstage.erl': speaking(
      'install',
      `hot_deploy_install:unstage(#{version=>${write(text(to))},paths=>[P||{I,P}<-${write(directories.map((path, at) => ({ tuple: [at, text(path)] })))},lists:member(I,[@FRESH@])]}),S("unstaged")`,
    ),
  };
  return Object.entries(texts).map(([name, content]) => file(`hot-deploy/${name}`, content));
}

// One line of plain ASCII after a mark. What a crash carries may be secret: only its kind is told.
function speaking(set: 'node' | 'install', body: string): string {
  const say =
    'S=fun(W)->T=case unicode:characters_to_list(W) of X when is_list(X)->X;_->"?" end,' +
    'io:put_chars(["\\nhot-deploy-says ",[case C<32 orelse C>126 of true->$?;false->C end||C<-T],"\\n"]) end';
  return around(
    set,
    `(fun()->${say},try ${body} catch throw:{refused,Code,D}->S(["refused ",atom_to_list(Code),": ",D]);Kind:_->S(["crashed ",atom_to_list(Kind)]) end end)()`,
  );
}

const printing =
  'P=[{A,K,F}||[A,K,F]<-hot_deploy_config:fingerprints({R,<<"@SALT@">>})],' +
  'io:put_chars(["\\nhot-deploy-prints ",base64:encode(term_to_binary(P)),"\\n"])';

/** As text: an atom that is made once stays for ever. */
const digests = (modules: Readonly<Record<string, string | null>>) =>
  write(
    Object.entries(modules).map(
      ([name, digest]): Term => ({
        tuple: [{ binary: name }, digest === null ? atom('null') : { binary: digest }],
      }),
    ),
  );

const few = 'lists:join(" ",lists:sublist';

/** Binds M to the digests and V to the version of identity I, and B to the digests of what the bundle starts from. */
const seen = ({ running }: ByHand) =>
  `M=maps:from_list([{atom_to_binary(A),D}||{A,D}<-maps:to_list(maps:get(modules,I))]),V=maps:get(version,I),` +
  `B=maps:from_list(${digests(running.modules)}),` +
  'Old=[N||N<-maps:keys(maps:merge(B,M)),maps:get(N,B,none)=/=maps:get(N,M,none)]';

function ready(what: ByHand): string {
  const { running, next, loads, updates } = what;
  const request = write(map({ loads: loads.map(text), updates: updates.map(text) }));
  const [from, to] = [write({ binary: running.version }), write({ binary: next.version })];
  return (
    `#{identity:=I,check:=K}=hot_deploy_check:ready(${request}#{timeout=>@SUSPEND@}),${seen(what)},` +
    'Bad=[L||L<-[supervisors,wouldDie,unanswering,unsupervised,funs],maps:get(L,K)=/=[]],' +
    `case {V,Old,Bad,[Q||Q<-[booted,sasl,writable],maps:get(Q,I)=/=true]} of ` +
    `{${to},_,_,_}->S("already");` +
    `{${from},[],[],[]}->S("ok");` +
    `{${from},[],[],Not}->S(["refused the node is not ",${few}([atom_to_list(Q)||Q<-Not],5))]);` +
    `{${from},[],_,_}->S(["refused processes would not come through: ",lists:join(" ",[[atom_to_list(L)," ",integer_to_list(length(maps:get(L,K)))]||L<-Bad])]);` +
    `{${from},_,_,_}->S(["refused it runs other code than the bundle starts from: ",${few}(Old,5))]);` +
    `_->S(["refused it runs ",V,", and the bundle starts from ",${from}]) end`
  );
}

/** `new`, `old` or `other`, and of the new release whether a restart would boot it. */
function state(what: ByHand): string {
  const { running, next } = what;
  const [from, to] = [write({ binary: running.version }), write({ binary: next.version })];
  const versions = write(
    next.applications
      .filter(({ mode }) => mode !== 'none')
      .map(({ name, version }): Term => ({ tuple: [{ binary: name }, { binary: version }] })),
  );
  return (
    `${seen(what)},Booted=maps:get(booted,I),` +
    `New=[N||{N,D}<-${digests(expectedModules(next))},maps:get(N,M,D)=/=D]++` +
    `[N||{N,X}<-${versions},not lists:any(fun(A)->atom_to_binary(maps:get(name,A))=:=N andalso maps:get(version,A)=:=X end,maps:get(applications,I))],` +
    `Kept=case [Y||{_,Z,_,Y}<-release_handler:which_releases(),unicode:characters_to_binary(Z)=:=V,Y=:=permanent] of []->"current";_->"permanent" end,` +
    `case {Booted,V,New,Old} of ` +
    `{true,${to},[],_}->S(["new ",Kept]);` +
    `{true,${from},_,[]}->S("old");` +
    `{true,${from},_,_}->S(["other ",V," ",${few}(Old,5))]);` +
    `{true,_,_,_}->S(["other ",V," ",${few}(New,5))]);` +
    `_->S("booting") end`
  );
}

function install(
  { updates, loads }: ByHand,
  { direction, to, gone }: { readonly direction: Direction; readonly to: string; readonly gone: readonly string[] },
): string {
  const request = map({
    to: text(to),
    updates: updates.map(atom),
    loads: loads.map(atom),
    gone: gone.map(atom),
    direction: atom(direction),
  });
  const more =
    'suspend_timeout=>@SUSPEND@,code_change_timeout=>max(@SUSPEND@,5000),baseline=>binary_to_term(base64:decode("@PRINTS@")),salt=><<"@SALT@">>,config=>Config';
  return (
    `case hot_deploy_install:install(${write(request)}#{${more}}) of ` +
    '#{result:=refused,why:=W}->S(["refused ",io_lib:format("~ts",[W])]);' +
    '#{result:=restarting,why:=W}->S(["restarting ",W]);' +
    '#{result:=installed,environment:=#{differing:=[]},remaining:=[]}->S("installed");' +
    `#{result:=installed,environment:=#{differing:=E},remaining:=L}->S(["differs ",${few}(E++[atom_to_list(N)||N<-L],5))]) end`
  );
}
