# Functions for the scripts of runbooks on Linux. POSIX sh; sent in front of every script, without its comments.
# What a script tells is kept in files below /run (a tmpfs: a full disk does not matter), so that it counts from a pipe or a subshell too.
set -u
unset IFS CDPATH ENV
PATH=/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin
LC_ALL=C
export PATH LC_ALL
umask 022
cd / || exit 1
AW_BASE=/run/alert-whisperer
AW_DIR=

# aw_json text bytes: the text as the inside of a JSON string, on one line and no longer than that.
aw_json() {
  printf '%s' "$1" | tr '\000-\037\177' ' ' | cut -b "1-$2" | sed 's/\\/\\\\/g; s/"/\\"/g'
}

# aw_print outcome code message changed facts: the one line that is read back.
aw_print() {
  if [ -n "$2" ]; then aw_code="\"$2\""; else aw_code=null; fi
  printf '\n{"aw":1,"outcome":"%s","code":%s,"message":"%s",%s,"facts":{%s}}\n' "$1" "$aw_code" "$3" "$4" "$5"
}

# aw_begin token: whoever makes the directory runs; everybody after ends here.
aw_begin() {
  umask 077
  mkdir -p "$AW_BASE" 2>/dev/null
  if mkdir "$AW_BASE/$1" 2>/dev/null; then
    AW_DIR=$AW_BASE/$1
  elif [ -d "$AW_BASE/$1" ]; then
    aw_print repeated already_started 'This command was started on this machine before; nothing was done.' '"changed":[],"changedCount":0' ''
    exit 4
  else
    aw_print refused no_run_directory "$AW_BASE cannot be written; run as root on a system with /run." '"changed":[],"changedCount":0' ''
    exit 3
  fi
  umask 022
  : >"$AW_DIR/changed"
  : >"$AW_DIR/facts"
  trap 'aw_exit $?' EXIT
  trap 'exit 143' TERM INT HUP
  find "$AW_BASE" -mindepth 1 -maxdepth 1 -type d -mtime +6 2>/dev/null | head -n 200 | while IFS= read -r aw_old; do
    rm -f "$aw_old"/*
    rmdir "$aw_old" 2>/dev/null
  done
}

# aw_input name base64: the value byte for byte; x keeps line ends at its end.
aw_input() {
  aw_value=$(printf '%s' "$2" | base64 -d && printf x) || aw_refuse no_base64 'base64 is missing or does not know -d.'
  export "$1=${aw_value%x}"
}

# aw_changed text: one thing that was changed; at most 50 are told, all are counted.
aw_changed() {
  aw_json "$1" 200 >>"$AW_DIR/changed"
}

# aw_fact name value: a figure, true, false or a short text. The last value of a name counts.
aw_fact() {
  case $1 in '' | *[!A-Za-z0-9]*) printf 'aw_fact: %s is no name\n' "$1" >&2; return ;; esac
  aw_value=$(aw_json "$2" 200)
  case $aw_value in
    true | false) ;;
    *)
      if ! printf '%s\n' "$aw_value" | grep -Eqx -e '-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,6})?'; then aw_value="\"$aw_value\""; fi
      ;;
  esac
  printf '%s %s\n' "$1" "$aw_value" >>"$AW_DIR/facts"
}

# aw_end outcome code message status: notes how it ended and leaves the script, out of a subshell as well.
aw_end() {
  if [ ! -e "$AW_DIR/end" ]; then
    printf '%s\n%s\n%s\n' "$1" "$(aw_json "$2" 60)" "$(aw_json "$3" 400)" >"$AW_DIR/end"
  fi
  aw_pid=$(exec sh -c 'echo "$PPID"')
  if [ "$aw_pid" != "$$" ]; then kill -s TERM "$$"; fi
  exit "$4"
}

aw_ok() { aw_end ok '' "$1" 0; }
aw_fail() { aw_end failed "$1" "$2" 1; }

# aw_refuse code message: nothing was changed. After a change it is a failure, whatever the script says.
aw_refuse() {
  if [ -s "$AW_DIR/changed" ]; then aw_fail "$1" "$2"; fi
  aw_end refused "$1" "$2" 3
}

# aw_need command…: refuses where one of them is missing.
aw_need() {
  for aw_command in "$@"; do
    command -v "$aw_command" >/dev/null 2>&1 || aw_refuse missing_command "$aw_command is not installed."
  done
}

# aw_timed seconds command…: ends the command when it takes longer; 124 then.
aw_timed() {
  if command -v timeout >/dev/null 2>&1; then timeout -k 5 "$@"; else shift; "$@"; fi
}

# aw_remove base file: removes one regular file that really lies below base, both absolute. 1 where it is anything else or stays. The directory is entered and
# looked at before the file is removed from it, so nobody can turn it into a link in between.
aw_remove() {
  aw_left=1
  if cd -P "${2%/*}/" 2>/dev/null; then
    case $PWD/ in
      "${1%/}"/*) if [ -f "./${2##*/}" ] && [ ! -L "./${2##*/}" ] && rm -f "./${2##*/}" 2>/dev/null; then aw_left=0; fi ;;
    esac
  fi
  cd / || exit 1
  return "$aw_left"
}

# aw_disk path: facts about the file system it is on, as df rounds them.
aw_disk() {
  aw_figures=$(stat -f -c '%b %f %a %S %c %d' -- "$1" 2>/dev/null) || aw_refuse no_such_path "$1 does not exist."
  aw_figures=$(printf '%s\n' "$aw_figures" | awk '{ used = $1 - $2; all = used + $3; p = all > 0 ? used * 100 / all : 0; q = $5 > 0 ? ($5 - $6) * 100 / $5 : 0
    printf "%d %d %d\n", p == int(p) ? p : int(p) + 1, $3 * $4 / 1048576, q == int(q) ? q : int(q) + 1 }')
  aw_fact usedPercent "${aw_figures%% *}"
  aw_figures=${aw_figures#* }
  aw_fact freeMegabytes "${aw_figures% *}"
  aw_fact inodesUsedPercent "${aw_figures#* }"
}

# aw_on_volume place volume: refuses where the place is on another file system than the volume, a mount point or a device; an empty volume is any.
aw_on_volume() {
  [ -n "$2" ] || return 0
  aw_value=$(stat -L -c '%d' -- "$1" 2>/dev/null) || aw_refuse no_such_path "$1 does not exist."
  if [ -b "$2" ]; then
    aw_volume=$(stat -L -c '0x%t 0x%T' -- "$2")
    aw_volume=$((${aw_volume% *})):$((${aw_volume#* }))
    aw_value=$((aw_value >> 8 & 4095)):$((aw_value & 255 | aw_value >> 12 & 1048320))
  else
    aw_volume=$(stat -L -c '%d' -- "$2" 2>/dev/null) || aw_refuse no_such_volume "$2 does not exist."
  fi
  [ "$aw_value" = "$aw_volume" ] || aw_refuse other_volume "$1 is not on $2: nothing done here frees space there."
}

# aw_meant path volume: refuses where nobody named a volume and the file system of the path is far from full, in bytes and inodes: then the alert is about another.
aw_meant() {
  [ -z "$2" ] || return 0
  aw_value=$(aw_timed 20 stat -f -c '%b %f %a %c %d' -- "$1" 2>/dev/null | awk '{ used = $1 - $2; all = used + $3; p = all > 0 ? used * 100 / all : 0; q = $4 > 0 ? ($4 - $5) * 100 / $4 : 0; printf "%d\n", (p > q ? p : q) }')
  [ "${aw_value:-0}" -ge 75 ] || aw_refuse volume_not_named "Nobody named the volume that is full, and that of $1 is full to ${aw_value:-0}% only: another must be meant. Name it."
}

# aw_place path: true for a directory that is exactly there, with no symbolic link on the way; false where there is none; refuses a link.
aw_place() {
  [ -e "$1" ] || [ -L "$1" ] || return 1
  if [ "$(cd -P -- "$1" 2>/dev/null && pwd -P)" != "$1" ]; then aw_refuse place_is_elsewhere "$1 is a symbolic link, below one, or no directory."; fi
}

# aw_local path: refuses a place on a file system that other machines may share, or that is not known here: what they have open there nobody can see from here.
aw_local() {
  aw_value=$(aw_timed 20 stat -f -c %T -- "$1" 2>/dev/null)
  case $aw_value in
    ext2/ext3 | xfs | btrfs | tmpfs | ramfs | overlayfs | zfs | f2fs | jfs | reiserfs | bcachefs | *0x2fc12fc1*) ;;
    *) aw_refuse place_is_shared "$1 lies on ${aw_value:-a file system that does not answer}, which other machines may share: what they use there cannot be seen from here." ;;
  esac
}

# aw_gnu_find: refuses where find is another than the one of GNU.
aw_gnu_find() {
  find . --version 2>/dev/null | grep -q GNU || aw_refuse find_unknown 'find is not the one of GNU; no other is known to delete safely.'
}

# Files that a sweep is about, and their kilobytes.
aw_count() {
  find -P "$aw_from" -mindepth 1 -maxdepth "$aw_depth" -xdev -type f -links 1 "$@" -printf '%k\n' 2>/dev/null | awk '{ n++; k += $1 } END { printf "%d %d\n", n, k }'
}

# aw_sweep place depth limit seconds find-tests…: deletes the oldest files below the place for which the tests hold, about `limit` of them at most, and adds to
# aw_swept and aw_swept_kb. Leaves alone what is no plain file, has a second name, is open in any process, or lies on another file system or mount.
# find deletes through the directory it has open, so a directory that is exchanged for a link meanwhile leads nowhere.
aw_swept=0
aw_swept_kb=0
aw_sweep() {
  aw_place "$1" || return 0
  aw_need find stat awk sort
  aw_gnu_find
  aw_local "$1"
  aw_from=$1
  aw_depth=$2
  aw_limit=$3
  aw_seconds=$4
  shift 4
  aw_value=$(awk -v place="$aw_from/" 'index($5, place) == 1 { print $5 }' /proc/self/mountinfo) || aw_refuse no_mounts 'The list of mounts cannot be read.'
  case $aw_value in *[\\*?[]*) aw_refuse odd_mount "A mount below $aw_from has a name with odd characters." ;; esac
  for aw_mount in $aw_value; do set -- "$@" ! -path "$aw_mount" ! -path "$aw_mount/*"; done
  aw_timed 120 find -P "$aw_from" -mindepth 1 -maxdepth "$aw_depth" -xdev -type f -links 1 "$@" -printf '%T@ %D:%i %k\n' >"$AW_DIR/sweep" 2>/dev/null
  if [ $? -eq 124 ]; then aw_fail list_too_long "Listing $aw_from takes more than two minutes."; fi
  find -L /proc/[0-9]*/fd -maxdepth 1 -type f -printf '- %D:%i\n' >"$AW_DIR/open" 2>/dev/null
  # The files nobody has open, and the inodes of those that somebody has.
  awk '$1 == "-" { open[$2] = 1; next } $2 in open { sub(/.*:/, "", $2); print "open", $2; next } { print }' "$AW_DIR/open" "$AW_DIR/sweep" >"$AW_DIR/free"
  aw_value=$(awk '$1 == "open" { print $2 }' "$AW_DIR/free" | head -n 1001)
  for aw_inode in $aw_value; do set -- "$@" ! -inum "$aw_inode"; done
  if [ "$(printf '%s\n' "$aw_value" | wc -l)" -gt 1000 ]; then aw_refuse too_many_open "More than a thousand files below $aw_from are open."; fi
  grep -v '^open' "$AW_DIR/free" | sort -n | head -n "$aw_limit" >"$AW_DIR/sweep"
  if [ -s "$AW_DIR/sweep" ]; then
    # The oldest go by their time; where more share the last time than may go, those are named one by one.
    aw_cut=$(tail -n 1 "$AW_DIR/sweep" | cut -d ' ' -f 1)
    if [ "$(grep -c "^$aw_cut " "$AW_DIR/free")" -gt "$(grep -c "^$aw_cut " "$AW_DIR/sweep")" ]; then
      aw_value=$(awk -v cut="$aw_cut" '$1 "" == cut "" { sub(/.*:/, "", $2); print $2 }' "$AW_DIR/sweep" | head -n 1000)
      aw_cut=$(awk -v cut="$aw_cut" '$1 "" != cut "" { last = $1 } END { print last == "" ? 0 : last }' "$AW_DIR/sweep")
      set -- "$@" '(' ! -newermt "@$aw_cut"
      for aw_inode in $aw_value; do set -- "$@" -o -inum "$aw_inode"; done
      set -- "$@" ')'
    else
      set -- "$@" ! -newermt "@$aw_cut"
    fi
    aw_had=$(aw_count "$@")
    aw_timed "$aw_seconds" find -P "$aw_from" -mindepth 1 -maxdepth "$aw_depth" -xdev -type f -links 1 "$@" -delete 2>/dev/null
    aw_has=$(aw_count "$@")
    # Files can come meanwhile: less than nothing was never deleted.
    if [ "${aw_had% *}" -gt "${aw_has% *}" ]; then
      aw_swept=$((aw_swept + ${aw_had% *} - ${aw_has% *}))
      aw_swept_kb=$((aw_swept_kb + ${aw_had#* } - ${aw_has#* }))
    fi
  fi
  rm -f "$AW_DIR/sweep" "$AW_DIR/open" "$AW_DIR/free"
}

# aw_exit status: runs whatever ended the script, and tells the result once.
aw_exit() {
  trap - EXIT
  trap '' TERM INT HUP
  aw_outcome=failed
  aw_what=script_ended
  aw_message="The script ended with exit code $1 before it told a result."
  if [ "$1" -eq 143 ]; then aw_message='The script was ended from outside before it told a result.'; fi
  if [ -s "$AW_DIR/end" ]; then
    {
      IFS= read -r aw_outcome
      IFS= read -r aw_what
      IFS= read -r aw_message
    } <"$AW_DIR/end"
  fi
  aw_list=$(awk '{ n++; if (n <= 50 && used + length($0) < 1600) { used += length($0) + 3; list = list (list == "" ? "" : ",") "\"" $0 "\"" } }
    END { printf "\"changed\":[%s],\"changedCount\":%d", list, n }' "$AW_DIR/changed")
  aw_told=$(awk '{ name = $1; sub(/^[^ ]* /, ""); if (!(name in value)) order[++n] = name; value[name] = $0 }
    END { for (i = 1; i <= n && i <= 40 && used + length(order[i] value[order[i]]) < 1200; i++) { used += length(order[i] value[order[i]]) + 4; printf "%s\"%s\":%s", (i > 1 ? "," : ""), order[i], value[order[i]] } }' "$AW_DIR/facts")
  aw_print "$aw_outcome" "$aw_what" "$aw_message" "${aw_list:-\"changed\":[],\"changedCount\":0}" "$aw_told"
  rm -f "$AW_DIR"/*
  case $aw_outcome in
    ok) exit 0 ;;
    refused) exit 3 ;;
    *) exit 1 ;;
  esac
}
