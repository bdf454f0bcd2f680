import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { script } from '../../src/fallback/script.js';
import { type Entry, fileName, readEntry, type Step } from '../../src/journal/entry.js';
import { detectState } from '../../src/strategies/recreate/state.js';
import { hostile, variants } from './variants.js';

// What the script asks of the engine and what it changes, on containers that only exist in variables.
const world = String.raw`
web=\${names[0]}
declare -A w_name=() w_running=() w_policy=() w_restarts=() w_ends=()
passed=0 changes=0 most=99
# What is tried is tried in a process of its own: what it changes is kept in a file.
keep_world() {
  local whole
  whole=$(declare -p w_name w_running w_policy w_restarts w_ends passed changes)
  whole=\${whole//declare --/declare -g}
  printf '%s' "\${whole//declare -A/declare -gA}" >"$work/world"
}
world() { [[ ! -e $work/world ]] || . "$work/world"; }
a=$(printf 'a%.0s' {1..64}) b=$(printf 'b%.0s' {1..64}) c=$(printf 'c%.0s' {1..64})
# ID NAME RUNNING POLICY
put() { w_name[$1]=$2 w_running[$1]=$3 w_policy[$1]=$4 w_restarts[$1]=0; }
# STEP WAY [KEPT [NAME [ID]]]: what an earlier run has written down last of a container.
wrote() {
  local name=\${4:-$web} id=\${5:-$a}
  written=$((written + 1))
  printf '%s\n' "{\"schema\":1,\"at\":\"then\",\"step\":\"$1\",\"token\":1,\"run\":\"earlier\",\"task\":\"deploy\",\"way\":\"$2\",\"container\":\"$name\",\"id\":\"$id\",\"nonce\":\"n\",\"kept\":\"\${3-}\",\"from\":{\"image\":\"sha256:$id\"},\"to\":{\"image\":\"sha256:new\"},\"fleet\":[],\"environment\":\"production\",\"by\":\"ada\"}" >"$work/journal/$(printf '%06d' "$written")-$1.json"
}
written=0
id_of() {
  local each
  world
  its_id=''
  for each in "\${!w_name[@]}"; do
    [[ $each != "$1" && \${w_name[$each]} != "$1" ]] || its_id=$each
  done
}
list() {
  local each
  world
  # What a restart made says so.
  ids=() nonces=([$b]='"n" "earlier"')
  for each in "\${!w_name[@]}"; do ids[\${w_name[$each]}]=$each; done
}
missing=0
short() { printf '%s' "\${1:0:12}"; }
pause() {
  world
  passed=$((passed + 1)) SECONDS=$((SECONDS + 1))
  keep_world
}
facts() {
  id_of "$1"
  id=$its_id
  [[ -n $id ]] || return 1
  [[ -z \${w_ends[$id]-} ]] || ((passed < \${w_ends[$id]})) || w_running[$id]=false
  own=\${w_name[$id]} running=\${w_running[$id]} policy=\${w_policy[$id]} restarts=\${w_restarts[$id]}
  missing=0
  its_image=sha256:$id its_reference=app:1 origin='' health='' exit_code=0 interval=0 auto_remove=false compose='' swarm=''
  if [[ $running == true ]]; then status=running; elif [[ $running == created ]]; then status=created; else status=exited; fi
  started=2026-01-01T00:00:00Z ended=2026-01-02T00:00:00Z
}
show() { :; }
say() { :; }
# From which change on nothing is carried out any more.
change() {
  local id
  world
  ((changes < most)) || return 1
  changes=$((changes + 1))
  id_of "\${!#}"
  id=$its_id
  case $1 in
  stop) w_running[$id]=false ;;
  start) w_running[$id]=true w_restarts[$id]=0 w_ends[$id]='' ;;
  rm)
    [[ \${w_running[$id]} != true || $* == *--force* ]] || return 1
    unset "w_name[$id]"
    ;;
  rename)
    id_of "$2"
    w_name[$its_id]=$3
    ;;
  update) w_policy[$id]=\${2#--restart=} ;;
  esac
  keep_world
}
engine() { : >"$work/said"; }
find_vm() { return 1; }
put_entry() { :; }
opened=yes soak=0
tell() {
  local each
  world
  for each in "\${!w_name[@]}"; do printf '%s %s %s %s\n' "\${w_name[$each]}" "$each" "\${w_running[$each]}" "\${w_policy[$each]}"; done
  recall "$web" || true
  printf 'step %s\n' "$e_step"
}
work=$(mktemp -d)
trap 'command rm -rf "$work"' EXIT
chosen=("$web")
`.replaceAll('\\${', '${');

// One bash for all: it takes its time to read the script.
const scenes: string[] = [];
let played: Promise<readonly (readonly string[])[]> | undefined;

/** What a script prints to whom some words of bash are said, line by line. */
function said(words: string): () => Promise<readonly string[]> {
  const at = scenes.push(words) - 1;
  return async () => {
    played ??= play();
    return (await played)[at] ?? [];
  };
}

async function play(): Promise<readonly (readonly string[])[]> {
  const { plain } = variants;
  if (plain === undefined) throw new Error('there is no plain variant');
  const each = scenes.map(
    (words) => `rm -rf "$work/journal" "$work/world" "$work/lost"; mkdir "$work/journal"
(
set -e
${words}
)
code=$?
((code == 0)) || echo "ended with $code"
echo '=== next'`,
  );
  const text = script(plain).replace(/\nmain "\$@"\n$/, () => `\n${world}\nset +e\n${each.join('\n')}\n`);
  const folder = await mkdtemp(join(tmpdir(), 'hot-deploy-recovery-'));
  await writeFile(join(folder, 'scenes.sh'), text);
  const { stdout } = await promisify(execFile)('bash', [join(folder, 'scenes.sh')]).finally(() =>
    rm(folder, { recursive: true }),
  );
  return stdout.split('=== next\n').map((lines) => lines.split('\n').filter((line) => line !== ''));
}

interface Left {
  readonly name: string;
  readonly id: string;
  readonly running: boolean;
  readonly policy: string;
}

/** The containers that are there afterwards, and the step that was written down last. */
function leftBy(words: string): () => Promise<{ readonly left: readonly Left[]; readonly step: string }> {
  const lines = said(`${words}\ntell`);
  return async () => {
    const told = await lines();
    const left = told.filter((line) => !line.startsWith('step '));
    return {
      step: told.at(-1)?.slice(5) ?? '',
      left: left.map((line) => {
        const [name = '', id = '', running, policy = ''] = line.split(' ');
        return { name: name.replace(/^.*?(?=$|\.hot-deploy-)/, 'web'), id, running: running === 'true', policy };
      }),
    };
  };
}

const [a, b, c] = ['a', 'b', 'c'].map((letter) => letter.repeat(64)) as [string, string, string];
const short = (id: string) => id.slice(0, 12);
const kept = (id: string) => `web.hot-deploy-previous-${short(id)}`;

// The one that was kept may be older than the one that runs, or newer after an earlier rollback.
describe.each([
  ['older', '$a', '$b', a, b],
  ['newer', '$b', '$a', b, a],
] as const)('a rollback to a kept container that is %s', (_, from, to, back, runs) => {
  const begin = `put "${from}" "$web.hot-deploy-previous-$(short "${from}")" false no
put "${to}" "$web" true always
wrote done recreate '' "$web" "${from}"`;

  for (const at of [1, 2, 3, 4, 5, 6]) {
    const cutOff = leftBy(`${begin}\nmost=${at}\ntry rollback_one "$web"`);
    it(`that is cut off after ${at} changes is one of a kept container to hot-deploy`, async () => {
      const listed = (await cutOff()).left.map(({ name, id, running }) => ({
        ...{ id, names: [name], labels: {}, createdAt: 0, networkMode: 'bridge' },
        state: running ? 'running' : 'exited',
      }));
      expect(detectState('web', listed, { id: runs, nonce: 'n', kept: back })).toMatchObject({
        revived: true,
        old: { id: runs },
        fresh: { id: back },
      });
    });

    const taken = leftBy(`${begin}\nmost=${at}\ntry rollback_one "$web"\nmost=99\nrecover`);
    it(`that is cut off after ${at} changes is taken back, and it is kept again`, async () => {
      const { left, step } = await taken();
      expect(left).toHaveLength(2);
      expect(left).toContainEqual({ name: kept(back), id: back, running: false, policy: 'no' });
      expect(left).toContainEqual({ name: 'web', id: runs, running: true, policy: 'always' });
      expect(step).toBe('undone');
    });
  }
});

describe('what ran', () => {
  const restarted = leftBy(`put "$a" "$web" true always
w_restarts[$a]=1
put "$b" "$web.hot-deploy-new-$(short "$a")" false always
wrote create recreate
bring undo "$web"`);
  it('and was never stopped serves as before, also where its restart policy has started it once', async () => {
    expect((await restarted()).left).toEqual([{ name: 'web', id: a, running: true, policy: 'always' }]);
  });

  const ending = leftBy(`put "$a" "$web" true always
w_ends[$a]=5
put "$b" "$web.hot-deploy-new-$(short "$a")" false always
wrote stop recreate
recover
passed=1000
facts "$a"`);
  it('and was told to stop by a killed run is waited for, and started again once it has ended', async () => {
    expect((await ending()).left).toEqual([{ name: 'web', id: a, running: true, policy: 'always' }]);
  });

  const unstarted = leftBy(`put "$a" "$web" false always\nwrote restore recreate\nrecover`);
  it('and has its name again already is started', async () => {
    expect(await unstarted()).toEqual({
      left: [{ name: 'web', id: a, running: true, policy: 'always' }],
      step: 'undone',
    });
  });
});

describe('the restart policy of what ran', () => {
  const early = leftBy(`put "$a" "$web.hot-deploy-old-$(short "$a")$(short "$b")" false always
put "$b" "$web" false no
wrote stop revive "$b"
bring undo "$web"`);
  it('is not taken from a kept container that had not got it yet', async () => {
    expect((await early()).left).toContainEqual({ name: 'web', id: a, running: true, policy: 'always' });
  });

  for (const at of [0, 1, 2, 3]) {
    const left = leftBy(`put "$a" "$web.hot-deploy-old-$(short "$a")" false no
put "$b" "$web" true always
wrote stop recreate
most=${at}\ntry bring undo "$web"\nmost=99\nbring undo "$web"`);
    it(`comes back from the new container, also where that is cut off after ${at} changes`, async () => {
      expect((await left()).left).toEqual([{ name: 'web', id: a, running: true, policy: 'always' }]);
    });
  }
});

describe('a run that had begun to settle', () => {
  const half = `put "$a" "$web.hot-deploy-old-$(short "$a")" false no
put "$b" "$web" false always`;
  const finished = leftBy(`${half}\nwrote settle recreate\nrecover`);
  it('is finished: what took the place is started again, and the old one is kept', async () => {
    const { left, step } = await finished();
    expect(left).toContainEqual({ name: 'web', id: b, running: true, policy: 'always' });
    expect(left).toContainEqual({ name: kept(a), id: a, running: false, policy: 'no' });
    expect(step).toBe('done');
  });

  const fleet = leftBy(`${half}
put "$c" other true always
wrote stop recreate
wrote settle recreate '' other "$c"
recover`);
  it('on any of its containers goes forward on all of them', async () => {
    const { left, step } = await fleet();
    expect(left).toContainEqual({ name: 'web', id: b, running: true, policy: 'always' });
    expect(step).toBe('done');
  });

  const others = leftBy(`put "$a" "$web" true always
put "$c" "other.hot-deploy-old-$(short "$c")" false always
wrote stop recreate
wrote stop recreate '' other "$c"
recover
world
w_name[$c]=$web.hot-deploy-\${w_name[$c]}
keep_world`);
  it('on none goes back on all, also on those that this script does not know', async () => {
    const { left } = await others();
    expect(left).toContainEqual({ name: 'web.hot-deploy-other', id: c, running: true, policy: 'always' });
  });
});

const keeping = leftBy(`keep_previous=0
put "$a" "$web.hot-deploy-old-$(short "$a")" false always
put "$b" "$web" true always
put "$c" "$web.hot-deploy-previous-$(short "$c")" true no
wrote done recreate '' "$web" "$c"
wrote settle recreate
settle_restart "$web"`);
it('a kept container that cannot be removed stops nothing', async () => {
  expect((await keeping()).left.map(({ name }) => name).sort()).toEqual(['web', kept(c)]);
});

const early = said(`put "$a" "$web" true always
read_environment() { :; }
create() { return 1; }
image_id=sha256:next
rm() { :; }
give_lock_back() {
  recall "$web"
  echo "$e_step"
}
trap ending EXIT
deploy_one "$web"`);
it('what failed before anything was made of it is taken back', async () => {
  expect(await early()).toEqual(['undone', 'ended with 3']);
});

describe('a container that somebody else gave such a name', () => {
  for (const [stranger, its] of [
    ['put "$c" "$web.hot-deploy-old-dddddddddddd" true no', 'web.hot-deploy-old-dddddddddddd'],
    ['put "$c" "$web.hot-deploy-old-$(short "$a")" true no', `web.hot-deploy-old-${short(a)}`],
    ['put "$c" "$web.hot-deploy-new-$(short "$a")" false no', `web.hot-deploy-new-${short(a)}`],
  ] as const) {
    const left = leftBy(`put "$a" "$web" true always\n${stranger}\nwrote stop recreate\nrecover\nbring undo "$web"`);
    it(`is nobody to go back to, nor to remove: ${its}`, async () => {
      expect((await left()).left).toContainEqual({ name: 'web', id: a, running: true, policy: 'always' });
      expect((await left()).left.map(({ name }) => name)).toContain(its);
    });
  }

  const copied = leftBy(`put "$a" "$web" true always
put "$c" "$web.hot-deploy-new-$(short "$a")" false no
wrote stop recreate
eval "$(declare -f list | sed 's/^list /listed /')"
list() { listed && nonces[$c]='"n" "other"'; }
recover
bring undo "$web"
is_known "$web" "$c" && exit 9 || is_known "$web" "$b"`);
  it('is none of a run by a nonce of it alone', async () => {
    expect((await copied()).left).toContainEqual({ name: 'web', id: a, running: true, policy: 'always' });
    expect((await copied()).left.map(({ id }) => id)).toContain(c);
  });

  const previous = leftBy(`put "$a" "$web" true always
keep_previous=0
put "$c" "$web.hot-deploy-previous-$(short "$c")" false no
wrote settle recreate
settle_restart "$web"
try rollback_one "$web"
((tried)) || exit 9`);
  it('is no kept one: it is not removed, and nobody goes back to it', async () => {
    expect((await previous()).left.map(({ name }) => name).sort()).toEqual(['web', kept(c)]);
  });

  const needed = said(`put "$a" "$web" true always
put "$c" "$web.hot-deploy-new-$(short "$a")" false no
say() { printf '%s\\n' "$*"; }
read_environment() { :; }
image_id=sha256:next
try deploy_one "$web"
recall "$web" || echo 'nothing written'`);
  it('stops a deploy that needs it', async () => {
    expect((await needed()).join('\n')).toMatch(/new-a{12} is needed, .*has not made[\s\S]*nothing written/);
  });

  const late = leftBy(`put "$a" "$web" true always
put "$b" "$web.hot-deploy-new-$(short "$a")" created no
wrote undone recreate
read_environment() { :; }
create() { return 1; }
image_id=sha256:next
try deploy_one "$web"`);
  it('is not one that a killed run has made after all: that goes', async () => {
    expect((await late()).left.map(({ name }) => name)).toEqual(['web']);
  });

  const pruned = said(`put "$a" "$web.hot-deploy-old-$(short "$a")" false no
say() { printf '%s\\n' "$*"; }
unfinished
read_environment() { :; }
try deploy_one "$web"
((tried == 0)) || echo refused
tell`);
  it('without a journal is told, with what would bring it back, and nothing is made in its place', async () => {
    const lines = (await pruned()).join('\n');
    expect(lines).toMatch(
      /no journal shows that hot-deploy has put \S+old-a{12} there: it is left alone.*docker rename \S+ \S+; docker start/,
    );
    expect(lines).toContain('refused');
    expect(lines).toMatch(/old-a{12} a{64} false no/);
  });
});

const byHand = leftBy(`put "$c" "$web" true always
put "$a" "$web.hot-deploy-old-$(short "$a")" false no
wrote stop recreate
recover
bring undo "$web"`);
it('a container that somebody has made by hand since is not taken away for the one that ran before', async () => {
  expect((await byHand()).left).toContainEqual({ name: 'web', id: c, running: true, policy: 'always' });
  expect((await byHand()).left).toHaveLength(2);
});

describe('of a fleet that was loaded hot', () => {
  const settling = `begun=(one two three) settling=yes way=hot work=''
settle_hot() {
  echo "$1"
  [[ $1 != one ]]
}
rm() { :; }
trap ending EXIT`;

  const all = said(`${settling}
conclude || exit 4`);
  it('each is made final, also where one could not be, and that is said', async () => {
    expect(await all()).toEqual(['one', 'one', 'two', 'three', 'ended with 4']);
  });

  const rest = said(`${settling}
begun=(two three)
exit 143`);
  it('the rest is, where a signal came in between', async () => {
    expect(await rest()).toEqual(['two', 'three']);
  });
});

describe('the lock', () => {
  const lock = `printf 'its-id' >"$work/lock"
change() { held && echo "changed $1"; }
engine() { printf '%s' "$name" >"$work/said"; }`;
  const ours = said(`${lock}\nname=/$lock\nchange stop`);
  const taken = said(`${lock}
rm() { :; }
name=/hot-deploy-journal-production-12345678
begun=("$web")
list() { return 1; }
say() { printf '%s\\n' "$*"; }
trap ending EXIT
change stop
echo 'went on'`);
  it('is asked for right before a change', async () => {
    expect(await ours()).toEqual(['changed stop']);
  });
  it('that somebody else has ends the run, which changes nothing any more, not even back', async () => {
    expect(await taken()).toEqual([
      expect.stringContaining('was taken over by another run: this run changes nothing more, not even back'),
      'ended with 4',
    ]);
  });
});

describe('the journal', () => {
  const entry = (step: Step, more: Partial<Entry> = {}): Entry => ({
    ...{ schema: 1, at: '2026-01-01T00:00:00.000Z', step, token: 7, run: 'r', task: 'deploy', to: { image: 'i2' } },
    ...{ fleet: ['web'], environment: 'production', by: 'ada', id: a, nonce: 'n', way: 'recreate', container: 'web' },
    ...{ from: { image: 'i1' } },
    ...more,
  });
  const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

  for (const text of [...hostile, '","id":"evil', '{"id":"evil"}', '}],"step":"done"']) {
    const odd: Partial<Entry> = { by: `x${text}`, from: { image: text, reference: text, version: text }, root: text };
    const line = JSON.stringify(entry('stop', { fleet: [text], environment: `e${text}`, kept: b, ...odd }));
    const read = said(`read_entry ${quoted(line)}
printf '%s\\n' "$e_step" "$e_run" "$e_way" "$e_container" "$e_id" "$e_nonce" "$e_kept" "$e_details"`);
    it(`is read whatever stands in its texts: ${JSON.stringify(text)}`, async () => {
      const [step, run, way, container, id, nonce, put, details] = await read();
      expect([step, run, way, container, id, nonce, put]).toEqual(['stop', 'r', 'recreate', 'web', a, 'n', b]);
      expect(line).toContain(details);
    });

    const written = said(`who=${quoted(`x${text}`)} source_id=$a its_root=${quoted(text)} token=3
describe "$web" deploy revive "$(version ${quoted(text)} sha256:a ${quoted(text)})" ",\\"kept\\":\\"$b\\""
intend "$web" "$(version '' sha256:b '')"
record "$web" stop
cat "$work/journal/000001-stop.json"`);
    it(`is written so that hot-deploy reads it: ${JSON.stringify(text)}`, async () => {
      const wrote = readEntry((await written()).join('\n'));
      expect(wrote).toMatchObject({ step: 'stop', token: 3, way: 'revive', kept: b, id: a });
    });
  }

  const torn = ['', '{', JSON.stringify(entry('stop')).slice(0, -9), JSON.stringify({ ...entry('stop'), schema: 2 })];
  for (const line of torn) {
    const read = said(`read_entry ${quoted(line)} && echo read || echo 'not read'`);
    it(`is not read where it is none: ${line}`, async () => expect(await read()).toEqual(['not read']));
  }

  const file = (number: number, content: Entry | string) => {
    const [name, text] =
      typeof content === 'string'
        ? [fileName(number, 'stop'), content]
        : [fileName(number, content.step), JSON.stringify(content)];
    return `contents[${name}]=${quoted(text)}\n`;
  };
  const many = Array.from({ length: 70 }, (_, at) => file(at + 1, entry(at % 2 === 0 ? 'stop' : 'done')));
  const older = file(900, entry('stop', { run: 'lost' }));
  const newest =
    said(`engine() { printf '%s\\n' "one $journal-11111111" "two $lock" "three $journal-333333333" "four other" >"$work/said"; }
unpack() {
  contents=()
  case $1 in
  one) contents[token]=2
${older};;
  two) contents[token]=11
${many.join('')}${file(71, '{"torn')}${file(72, entry('settle', { container: 'other', id: c }))};;
  *) contents[token]=99 ;;
  esac
}
say() { printf '%s\\n' "$*"; }
read_journal
echo "$token \${others[*]}"
(cd "$work/journal" && printf '%s\\n' * | wc -l)
recall web
is_forward && is_known other "$c" && ! is_known web "$c" && echo "$e_step"`);
  it('is the newest of those that are there: by its token', async () => {
    expect(await newest()).toEqual([
      'the entry 000071-stop.json of the journal cannot be read, and is left out',
      '11 one two',
      '71',
      'done',
    ]);
  });
});
