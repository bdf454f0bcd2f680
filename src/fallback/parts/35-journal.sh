# --- the journal: each step is written down in the lock's container before it is carried out: NUMBER-STEP.json ---
#
# It lies in /journal-ID, by the container's id, which whoever made its image cannot know: what lies in the image is no
# journal. hot-deploy itself reads it for its status, its rollback, and what it has to finish or undo. Given back, the
# container stays under another name: the next holder of the lock takes the newest of all along, and removes the others.

# By the name of a container: its last entry, and the ids and nonces of all that had its name. By run: whether there is
# only forward.
declare -A last=() known=() forward=()
others=() token=0 number=0 opened=''

entry_name='^([0-9]{6,15})-[a-z-]+\.json$'
string='"([^"\\]|\\.)*"'
entry_head='^\{"schema":1,"at":"[^"]*","step":"([a-z-]+)","token":[0-9]+,(.*)\}$'

# `member NAME TEXT`: in a string a quote has a backslash before it, so a name with its quotes is nothing else. Of the
# members that are read none has a quote in it.
member() {
  local rest=${2#*"\"$1\":\""}
  value=${rest%%\"*}
  [[ $rest != "$2" && $value != *\\* ]] || value=''
}

# `read_entry LINE`: one that was torn is none.
read_entry() {
  local text each value
  e_step='' e_details='' e_from='' e_to='' e_run='' e_way='' e_container='' e_id='' e_nonce='' e_kept=''
  [[ $1 =~ $entry_head ]] || return 1
  e_step=${BASH_REMATCH[1]} e_details=${BASH_REMATCH[2]} text=${BASH_REMATCH[2]}
  for each in from to; do
    [[ $text =~ \"$each\":\{($string|[^\"\}])*\} ]] || return 1
    printf -v "e_$each" '%s' "${BASH_REMATCH[0]}"
    text=${text/"${BASH_REMATCH[0]}"/}
  done
  for each in run way container id nonce kept; do
    member "$each" "$text"
    printf -v "e_$each" '%s' "$value"
  done
  [[ $e_container =~ ^[A-Za-z0-9][A-Za-z0-9_.-]*$ && -n $e_run && -n $e_id && -n $e_nonce &&
    $e_way =~ ^(relup|downgrade|recreate|revive)$ ]]
}

# What the entry that was read last tells beside what is last.
learn() {
  known[$e_container]+=" $e_id $e_kept \"$e_nonce\""
  [[ ${side_of[$e_step]-} != finish ]] || forward[$e_run]=yes
}

# `read_journal [OWN]`: the newest of all but that in the container OWN, as files in $work/journal; where there is none,
# nothing.
read_journal() {
  local each name line told most
  local -a all=()
  local -A seen=()
  others=() token=0 number=-1 last=() known=() forward=()
  rm -rf "$work/journal" && mkdir "$work/journal"
  engine ps --all --no-trunc --filter "label=$lock_label=$environment" --filter status=created \
    --format '{{.ID}} {{.Names}}' || fail "the engine does not list its journals: $(complaint)" || return 1
  mapfile -t all <"$work/said"
  for each in "${all[@]}"; do
    name=${each#* } each=${each%% *}
    [[ $each != "${1-}" && ($name == "$lock" || ($name == "$journal-"* &&
      ${name#"$journal-"} =~ ^[0-9a-zA-Z-]{1,8}$)) ]] || continue
    others+=("$each")
    unpack "$each" "/journal-${each:0:12}" "$journal_bytes" || is_missing ||
      fail "the journal in $name cannot be read: $(complaint)" || return 1
    told=${contents[token]-} told=${told%$'\n'} most=0
    [[ $told =~ ^[0-9]{1,15}$ ]] || told=0
    rm -rf "$work/other" && mkdir "$work/other"
    for name in "${!contents[@]}"; do
      [[ $name =~ $entry_name ]] || continue
      printf '%s' "${contents[$name]}" >"$work/other/$name"
      ((10#${BASH_REMATCH[1]} <= most)) || most=$((10#${BASH_REMATCH[1]}))
    done
    ((10#$told > token || (10#$told == token && most > number))) || continue
    token=$((10#$told)) number=$most
    rm -rf "$work/journal" && mv "$work/other" "$work/journal"
  done
  ((number >= 0)) || number=0
  mapfile -t all < <(cd "$work/journal" && printf '%s\n' * | sort -rn)
  for name in "${all[@]}"; do
    [[ -e $work/journal/$name ]] || continue
    line=$(<"$work/journal/$name")
    if ! read_entry "$line"; then
      say "the entry $name of the journal cannot be read, and is left out"
      rm "$work/journal/$name"
      continue
    fi
    seen[$e_container]=$((${seen[$e_container]-0} + 1))
    if ((${seen[$e_container]} > carried)); then
      rm "$work/journal/$name"
    else
      last[$e_container]=${last[$e_container]-$line}
      learn
    fi
  done
}

# The token comes last: without it a copy that was cut off would count, and what it was made of would go.
put_journal() { docker cp "$work/journal/." "$1:/journal-${1:0:12}" &&
  docker cp "$work/token" "$1:/journal-${1:0:12}/token"; }

open_journal() {
  local each made
  read_journal "$lock_id" || return 1
  # By the engine's clock: a node knows the tokens of runs before also where their journal was pruned.
  engine inspect --type container --format '{{.Created}}' "$lock_id" || return 1
  made=$(said) made=$(date -u -d "${made:0:10} ${made:11:8}" +%s) || return 1
  token=$((made > token ? made : token + 1))
  printf '%s\n' "$token" >"$work/token"
  put_journal "$lock_id" </dev/null >/dev/null 2>"$work/complaint" &
  finished $! || fail "the journal could not be taken along: $(complaint)" || return 1
  opened=yes
  for each in "${others[@]}"; do engine rm --force --volumes "$each" || true; done
}

# A JSON string.
json() {
  local text=$1 slash='\' mark='"'
  text=${text//"$slash"/"$slash$slash"}
  text=${text//"$mark"/"$slash$mark"}
  text=${text//[[:cntrl:]]/ }
  printf '"%s"' "$text"
}

# `version RELEASE IMAGE REFERENCE`: one side of a deploy; what is unknown is left out.
version() {
  printf '{"image":%s' "$(json "$2")"
  [[ -z $1 ]] || printf ',"version":%s' "$(json "$1")"
  [[ -z $3 || $3 == sha256:* ]] || printf ',"reference":%s' "$(json "$3")"
  printf '}'
}

# `begin NAME ID`: where its release lies, which only the VM that runs can tell, and what its new container is known by.
declare -A root_of=() nonce_of=() from_of=() undertaking=()
begin() {
  root_of[$1]=''
  ! find_vm "$2" || root_of[$1]=$vm_root
  nonce_of[$1]=$(od -An -N16 -tx1 /dev/urandom)
  nonce_of[$1]=${nonce_of[$1]//[[:space:]]/}
}

# The release that a container boots, whether it runs or not: `boots ID ROOT`.
boots() {
  local words
  [[ -n $2 ]] && plain_file "$1" "$2/releases/start_erl.data" || return 0
  read -r -a words <<<"$content" || true
  printf '%s' "${words[1]-}"
}

# `undertake NAME TASK WAY FROM TO [MORE]`: what all entries of this run say of a container.
undertake() {
  local each fleet=''
  from_of[$1]=$4
  for each in "${chosen[@]}"; do fleet+=${fleet:+,}$(json "$each"); done
  undertaking[$1]="\"run\":\"$run\",\"task\":\"$2\",\"way\":\"$3\",\"container\":$(json "$1"),\
\"id\":\"$source_id\",\"nonce\":\"${nonce_of[$1]}\",\
\"from\":$4,\"to\":$5,\"fleet\":[$fleet],\"environment\":$environment_json,\"by\":$(json "$who")${6-}"
  [[ -z ${root_of[$1]} ]] || undertaking[$1]+=",\"root\":$(json "${root_of[$1]}")"
}

# `note NAME STEP`: in a file that is never written again. What failed before its first step has left nothing to tell
# of.
note() {
  local file entry
  [[ -n ${undertaking[$1]-} ]] || return 0
  number=$((number + 1))
  printf -v file '%06d-%s.json' "$number" "$2"
  show cp "journal/$file" "$lock:/journal-ID/$file"
  entry="{\"schema\":1,\"at\":\"$(now)\",\"step\":\"$2\",\"token\":$token,${undertaking[$1]}}"
  # It may be there also where the answer is lost.
  last[$1]=$entry
  ! read_entry "$entry" || learn
  [[ -z $dry ]] || return 0
  printf '%s\n' "$entry" >"$work/entry"
  mv "$work/entry" "$work/journal/$file"
  # Once more where the lock was made anew in between.
  put_entry "$file" || put_entry "$file" || fail "$1: the step $2 could not be written down: $(complaint)" || return 1
}

put_entry() { held && engine cp "$work/journal/$1" "$lock_id:/journal-${lock_id:0:12}/$1"; }

now() { date -u +%Y-%m-%dT%H:%M:%SZ; }
