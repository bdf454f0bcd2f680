# --- the journal: each step is written down in the lock's container before it is carried out: NUMBER-STEP.json ---
#
# It lies in /journal-ID, by the container's id, which whoever made its image cannot know: what lies in the image is no
# journal. hot-deploy itself reads it for its status, its rollback, and what it has to finish or undo. Given back, the
# container stays under another name: the next holder of the lock takes the newest of all along, into $work/journal,
# and removes the others. In a string of JSON a quote has a backslash before it: a name with its quotes is a name.

others=() token=0 opened=''
# Of the entry that was read last.
e_step='' e_details='' e_run='' e_way='' e_container='' e_id='' e_nonce='' e_kept='' e_from='' e_to=''
# By container: what all entries of this run say of it, and what it is to become.
declare -A details=() aim=()

# `read_entry LINE`: one that was torn is none.
read_entry() {
  local each value object='\{("([^"\\]|\\.)*"|[^"}])*\}'
  for each in run way container id nonce kept; do
    member "$each" "$1"
    printf -v "e_$each" '%s' "$value"
  done
  for each in from to; do
    [[ $1 =~ \"$each\":($object) ]] && printf -v "e_$each" '%s' "${BASH_REMATCH[1]}" || return 1
  done
  [[ $1 =~ ^\{\"schema\":1,\"at\":\"[^\"]*\",\"step\":\"([a-z-]+)\",\"token\":[0-9]+,(.*)\}$ ]] || return 1
  e_step=${BASH_REMATCH[1]} e_details=${BASH_REMATCH[2]}
  [[ $e_container =~ ^[A-Za-z0-9][A-Za-z0-9_.-]*$ && -n $e_run && -n $e_id && -n $e_nonce &&
    $e_way =~ ^($ways)$ ]]
}

# `member NAME TEXT`: `value`. Of the members that are read none has a quote in it.
member() {
  value=${2#*"\"$1\":\""}
  [[ $value != "$2" ]] && value=${value%%\"*} && [[ $value != *\\* ]] || value=''
}

# `recall NAME`: reads the last entry of a container.
recall() {
  local file
  e_step='' e_run='' e_way='' e_id='' e_kept='' e_nonce=''
  file=$(grep -slF "\"container\":\"$1\"," "$work"/journal/* | tail -n 1) || return 1
  read_entry "$(<"$file")"
}

# `is_known NAME ID`: a container that some run has found under the name, or has made or kept for it.
is_known() {
  local own its=${nonces[$2]:-none none}
  own=$(grep -shF "\"container\":\"$1\"," "$work"/journal/* || true)
  [[ $(grep -cF -e "\"id\":\"$2\"" -e "\"kept\":\"$2\"" <<<"$own") != 0 ||
  $(grep -F "\"nonce\":${its%% *}," <<<"$own" | grep -cF "\"run\":${its##* },") != 0 ]]
}

# Whether the run of the entry that was read last has only forward to go.
is_forward() {
  [[ $(grep -shF "\"run\":\"$e_run\"" "$work"/journal/* | grep -cE "\"step\":\"(${finishing// /|})\"") != 0 ]]
}

# `read_journal [OWN]`: the newest of all but that in the container OWN.
read_journal() {
  local each name told most newest=-1
  local -a all
  engine ps --all --no-trunc --filter "label=$lock_label=$environment" --filter "label=$run_label" \
    --filter status=created --format '{{.ID}} {{.Names}}' ||
    fail "the engine does not list its journals: $(complaint)"
  mapfile -t all <"$work/said"
  for each in "${all[@]}"; do
    name=${each#* } each=${each%% *}
    [[ $each != "${1-}" && ($name == "$lock" || $name =~ ^"$journal"-[0-9a-zA-Z-]{1,8}$) ]] || continue
    others+=("$each")
    unpack "$each" "/journal-${each:0:12}" "$journal_bytes" || is_missing ||
      fail "the journal in $name cannot be read: $(complaint)"
    told=${contents[token]-} told=${told%$'\n'}
    most=$(printf '%s\n' 0 "${!contents[@]}" | grep -oE '^[0-9]{1,15}' | sort -n | tail -n 1)
    [[ $told =~ ^[0-9]{1,15}$ ]] || told=0
    ((10#$told > token || (10#$told == token && 10#$most > newest))) || continue
    token=$((10#$told)) newest=$((10#$most))
    rm -rf "$work/journal"
    mkdir "$work/journal"
    # By what hot-deploy knows the throw-away containers of its runs: this script makes none.
    printf '%s' "${contents[runs]-}" >"$work/runs"
    for name in "${!contents[@]}"; do
      if ! [[ $name =~ ^[0-9]{6,15}-[a-z-]+\.json$ ]]; then
        continue
      elif read_entry "${contents[$name]%$'\n'}"; then
        printf '%s' "${contents[$name]}" >"$work/journal/$name"
      else
        say "the entry $name of the journal cannot be read, and is left out"
      fi
    done
  done
}

# The token comes last: without it a copy that was cut off would count, and what it was made of would go.
put_journal() {
  engine cp "$work/journal/." "$(in_lock journal)" &&
    { [[ ! -s $work/runs ]] || engine cp "$work/runs" "$(in_lock journal)/runs"; } &&
    engine cp "$work/token" "$(in_lock journal)/token"
}

open_journal() {
  local each made
  read_journal "$(<"$work/lock")"
  # By the engine's clock: a node knows the tokens of runs before also where their journal was pruned.
  engine inspect --type container --format '{{.Created}}' "$(<"$work/lock")"
  made=$(said)
  made=$(date -u -d "${made:0:10} ${made:11:8}" +%s)
  token=$((made > token ? made : token + 1))
  printf '%s\n' "$token" >"$work/token"
  put_journal || fail "the journal could not be taken along: $(complaint)"
  opened=yes
  # By no force, and with no volume: what was never started, and was made by us, needs neither.
  for each in "${others[@]}"; do engine rm "$each" || true; done
}

now() { date -u +%Y-%m-%dT%H:%M:%SZ; }

# Strings of JSON, with commas between them.
json() {
  local text list='' slash='\' mark='"'
  for text; do
    text=${text//"$slash"/"$slash$slash"}
    text=${text//"$mark"/"$slash$mark"}
    list+=",\"${text//[[:cntrl:]]/ }\""
  done
  printf '%s' "${list#,}"
}

# `version RELEASE IMAGE REFERENCE`: one side of a deploy; what is unknown is left out.
version() {
  printf '{"image":%s' "$(json "$2")"
  [[ -z $1 ]] || printf ',"version":%s' "$(json "$1")"
  [[ -z $3 || $3 == sha256:* ]] || printf ',"reference":%s' "$(json "$3")"
  printf '}'
}

# `describe NAME TASK WAY FROM [MORE]`: what all entries of this run say of a container, and what its new one is known
# by. `intend NAME TO`: what it is to become.
describe() {
  its_from=$4 nonce=$(od -An -N16 -tx1 /dev/urandom | tr -d '[:space:]')
  details[$1]="\"run\":\"$run\",\"task\":\"$2\",\"way\":\"$3\",\"container\":$(json "$1"),\"id\":\"$source_id\","
  details[$1]+="\"nonce\":\"$nonce\",\"from\":$4,\"fleet\":[$(json "${chosen[@]}")],"
  details[$1]+="\"environment\":$(json "$environment"),"
  details[$1]+="\"by\":$(json "$who")${5-}"
  [[ -z $its_root ]] || details[$1]+=",\"root\":$(json "$its_root")"
}
intend() { aim[$1]=",\"to\":$2"; }

# `record NAME STEP`: in a file that is never written again. What failed before its first step has nothing to tell of.
record() {
  local file number all=("$work"/journal/*)
  [[ -n ${details[$1]-} ]] || return 0
  number=${all[-1]##*/}
  [[ $number == [0-9]*-* ]] || number=0
  printf -v file '%06d-%s.json' "$((10#${number%%-*} + 1))" "$2"
  show cp "journal/$file" "$lock:/journal-ID/$file"
  printf '{"schema":1,"at":"%s","step":"%s","token":%s,%s}\n' "$(now)" "$2" "$token" "${details[$1]}${aim[$1]-}" \
    >"$work/journal/$file"
  # It may be there also where the answer is lost. Once more, where the lock was made anew in between.
  put_entry "$file" || put_entry "$file" || fail "$1: the step $2 could not be written down: $(complaint)"
}

put_entry() { held && engine cp "$work/journal/$1" "$(in_lock journal)/$1"; }
