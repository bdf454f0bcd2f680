import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { script } from '../../src/fallback/script.js';
import { detectState } from '../../src/strategies/recreate/state.js';
import { variants } from './variants.js';

const run = promisify(execFile);

// What the script asks of the engine and what it changes, on containers that only exist in variables.
const world = String.raw`
web=\${names[0]}
declare -A w_name=() w_running=() w_policy=() w_restarts=() w_ends=()
a=$(printf 'a%.0s' {1..64}) b=$(printf 'b%.0s' {1..64}) c=$(printf 'c%.0s' {1..64})
# ID NAME RUNNING POLICY
put() { w_name[$1]=$2 w_running[$1]=$3 w_policy[$1]=$4 w_restarts[$1]=0; }
id_of() {
  local each
  for each in "\${!w_name[@]}"; do
    [[ $each != "$1" && \${w_name[$each]} != "$1" ]] || printf '%s' "$each"
  done
}
list() {
  local each
  # What a restart made says in whose place.
  ids=() replaced=([$b]=$a)
  for each in "\${!w_name[@]}"; do ids[\${w_name[$each]}]=$each; done
}
passed=0
pause() { passed=$((passed + 1)); }
facts() {
  id=$(id_of "$1")
  [[ -n $id ]] || return 1
  [[ -z \${w_ends[$id]-} ]] || ((passed < \${w_ends[$id]})) || w_running[$id]=false
  own=\${w_name[$id]} running=\${w_running[$id]} policy=\${w_policy[$id]} restarts=\${w_restarts[$id]}
  its_image=sha256:$id its_reference=app:1 health='' exit_code=0 auto_remove=false compose='' swarm=''
  if [[ $running == true ]]; then status=running; else status=exited; fi
  started=2026-01-01T00:00:00Z ended=2026-01-02T00:00:00Z
}
show() { :; }
# From which change on nothing is carried out any more.
changes=0 last=99
change() {
  local id
  ((changes < last)) || return 1
  changes=$((changes + 1))
  id=$(id_of "\${!#}")
  case $1 in
  stop) w_running[$id]=false ;;
  start) w_running[$id]=true w_restarts[$id]=0 w_ends[$id]='' ;;
  rm)
    [[ \${w_running[$id]} != true || $* == *--force* ]] || return 1
    unset "w_name[$id]"
    ;;
  rename)
    id=$(id_of "$2")
    w_name[$id]=$3
    ;;
  update) w_policy[$id]=\${2#--restart=} ;;
  esac
}
engine() { : >"$work/said"; }
read_check() { check=(); }
read_traces() { loaded_hot='' cut_off='' last_file='' last_step=$step ledger_root=''; }
end_ledger() { :; }
open_ledger() { ledger[$1]='' writer[$1]=''; }
boots() { :; }
step=''
tell() {
  local each
  for each in "\${!w_name[@]}"; do printf '%s %s %s %s\n' "\${w_name[$each]}" "$each" "\${w_running[$each]}" "\${w_policy[$each]}"; done
  exit 0
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chosen=("$web")
`.replaceAll('\\${', '${');

interface Left {
  readonly name: string;
  readonly id: string;
  readonly running: boolean;
  readonly policy: string;
}

/** What a script prints to whom some words of bash are said, line by line. */
async function said(words: string): Promise<readonly string[]> {
  const { plain } = variants;
  if (plain === undefined) throw new Error('there is no plain variant');
  const text = script(plain).replace(/\nmain "\$@"\n$/, `\n${world}\n${words}\ntell\n`);
  const { stdout } = await run('bash', ['-c', text]);
  return stdout.trim().split('\n');
}

/** The containers that are there afterwards. */
async function leftBy(words: string): Promise<readonly Left[]> {
  return (await said(words)).map((line) => {
    const [name = '', id = '', running, policy = ''] = line.split(' ');
    return { name: name.replace(/^.*?(?=$|\.hot-deploy-)/, 'web'), id, running: running === 'true', policy };
  });
}

const [a, b] = ['a', 'b'].map((letter) => letter.repeat(64)) as [string, string];
const short = (id: string) => id.slice(0, 12);
const kept = (id: string) => `web.hot-deploy-previous-${short(id)}`;

// The one that was kept may be older than the one that runs, or newer after an earlier rollback.
describe.each([
  ['older', '$a', '$b', a, b],
  ['newer', '$b', '$a', b, a],
] as const)('a rollback to a kept container that is %s', (_, from, to, back, runs) => {
  const begin = `put "${from}" "$web.hot-deploy-previous-$(short "${from}")" false no
put "${to}" "$web" true always`;

  it.each([1, 2, 3, 4, 5, 6])(
    'that is cut off after %i changes is one of a kept container to hot-deploy',
    async (at) => {
      const left = await leftBy(`${begin}\nlast=${at}\nrollback_one "$web" || true`);
      const listed = left.map(({ name, id, running }) => ({
        ...{ id, names: [name], labels: {}, createdAt: 0, networkMode: 'bridge' },
        state: running ? 'running' : 'exited',
      }));
      expect(detectState('web', listed, { id: runs, nonce: 'n', kept: back })).toMatchObject({
        revived: true,
        old: { id: runs },
        fresh: { id: back },
      });
    },
  );

  it.each([1, 2, 3, 4, 5, 6])('that is cut off after %i changes is taken back, and it is kept again', async (at) => {
    const left = await leftBy(`${begin}\nlast=${at}\nrollback_one "$web" || true\nlast=99\nundo "$web"`);
    expect(left).toHaveLength(2);
    expect(left).toContainEqual({ name: kept(back), id: back, running: false, policy: 'no' });
    expect(left).toContainEqual({ name: 'web', id: runs, running: true, policy: 'always' });
  });
});

it('a container that was never stopped serves as before, also one that its restart policy has started once', async () => {
  const left = await leftBy(`put "$a" "$web" true always
w_restarts[$a]=1
put "$b" "$web.hot-deploy-new-$(short "$a")" false always
undo "$web"`);
  expect(left).toEqual([{ name: 'web', id: a, running: true, policy: 'always' }]);
});

it('one that a killed run has told to stop is waited for, and started again once it has ended', async () => {
  const left = await leftBy(`put "$a" "$web" true always
w_ends[$a]=15
put "$b" "$web.hot-deploy-new-$(short "$a")" false always
recover
passed=1000
facts "$a"`);
  expect(left).toEqual([{ name: 'web', id: a, running: true, policy: 'always' }]);
});

describe('the restart policy of what ran', () => {
  const begin = `put "$a" "$web.hot-deploy-old-$(short "$a")$(short "$b")" false always
put "$b" "$web" false no`;

  it('is not taken from a kept container that had not got it yet', async () => {
    const left = await leftBy(`${begin}\nundo "$web"`);
    expect(left).toContainEqual({ name: 'web', id: a, running: true, policy: 'always' });
  });

  it.each([0, 1, 2, 3])(
    'comes back from the new container, also where that is cut off after %i changes',
    async (at) => {
      const left = await leftBy(`put "$a" "$web.hot-deploy-old-$(short "$a")" false no
put "$b" "$web" true always
last=${at}\nundo "$web" || true\nlast=99\nundo "$web"`);
      expect(left).toEqual([{ name: 'web', id: a, running: true, policy: 'always' }]);
    },
  );
});

it('a kept container that cannot be removed stops nothing', async () => {
  const left = await leftBy(`keep_previous=0
put "$a" "$web.hot-deploy-old-$(short "$a")" false always
put "$b" "$web" true always
put "$c" "$web.hot-deploy-previous-$(short "$c")" true no
settle "$web"`);
  expect(left.map(({ name }) => name).sort()).toEqual(['web', `web.hot-deploy-previous-${'c'.repeat(12)}`]);
});

it('a kept container that takes the place of one re-created by hand has both pasts behind it, each once', async () => {
  // Two disks instead of two containers.
  const files = await said(`put "$a" "$web.hot-deploy-previous-$(short "$a")" false no
put "$b" "$web" true always
mkdir -p "$work/$a/releases/hot-deploy" "$work/$b/releases/hot-deploy"
for file in 000007-settle 000008-done 000009-stop; do echo old >"$work/$a/releases/hot-deploy/$file.json"; done
read_traces() {
  loaded_hot='' last_file=''
  for last_file in "$work/$1/releases/hot-deploy/"*.json; do last_file=\${last_file##*/}; done
  [[ $last_file != '*'* ]] || last_file=''
}
open_ledger() { ledger[$1]=/app writer[$1]=app; }
docker() {
  [[ $1 == exec ]] || return 0
  sh -c "$write_entry" hot-deploy-ledger "$work/$5" "\${@:11}"
}
carry_ledger() { cp "$work/$2/releases/hot-deploy/"* "$work/$3/releases/hot-deploy/"; }
rollback_one "$web" 2>/dev/null
note "$web" settle "$a"
note "$web" done "$a"
ls "$work/$a/releases/hot-deploy"
exit`);
  expect(files).toEqual(
    ['000007-settle', '000008-done', '000009-stop', '000010-stop', '000011-settle', '000012-done'].map(
      (name) => `${name}.json`,
    ),
  );
});

it('what failed before anything was written down of it is taken back, and so is what came before it', async () => {
  const lines = await said(`put "$a" "$web" true always
open_ledger() { ledger[$1]=/app writer[$1]=app; }
read_environment() { :; }
create() { return 1; }
image_id=sha256:next
deploy_one "$web" 2>/dev/null || true
code=0
go_back "$web" 2>/dev/null || code=$?
echo "went back with $code"
exit`);
  expect(lines).toEqual(['went back with 3']);
});

it.each([
  ['put "$c" "$web.hot-deploy-old-dddddddddddd" true no', 'web.hot-deploy-old-dddddddddddd'],
  ['put "$c" "$web.hot-deploy-old-$(short "$a")" true no', `web.hot-deploy-old-${short(a)}`],
  ['put "$c" "$web.hot-deploy-new-$(short "$a")" false no', `web.hot-deploy-new-${short(a)}`],
])(
  'a container that somebody else gave such a name is nobody to go back to, nor to remove: %s',
  async (stranger, its) => {
    const left = await leftBy(`put "$a" "$web" true always\n${stranger}\nrecover\nundo "$web"`);
    expect(left).toContainEqual({ name: 'web', id: a, running: true, policy: 'always' });
    expect(left.map(({ name }) => name)).toContain(its);
  },
);

it('a container that somebody has made by hand since is not taken away for the one that ran before', async () => {
  const left = await leftBy(`put "$c" "$web" true always
put "$a" "$web.hot-deploy-old-$(short "$a")" false no
recover`);
  expect(left).toContainEqual({ name: 'web', id: 'c'.repeat(64), running: true, policy: 'always' });
  expect(left).toHaveLength(2);
});

describe('of a fleet that was loaded hot', () => {
  const settling = `hot_left=(one two three) hot_well=yes hot_way=yes
list() { :; }
hot_settle() {
  echo "$1"
  [[ $1 != one ]]
}
code=0`;

  it('each is made final, also where one could not be, and that is said', async () => {
    const lines = await said(`${settling}
hot_conclude || code=4
echo "$code"
hot_ending || code=$?
echo "$code"
exit`);
    expect(lines).toEqual(['one', 'two', 'three', '4', '4']);
  });

  it('the rest is, where a signal came in between', async () => {
    const lines = await said(`${settling}
hot_left=(two three) hot_failed=yes
hot_ending || code=$?
echo "$code"
exit`);
    expect(lines).toEqual(['two', 'three', '4']);
  });
});
