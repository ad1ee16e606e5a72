# Removes old files from /tmp and /var/tmp where they lie on the full volume.
aw_need df awk date find stat
aw_gnu_find
volume=${AW_INPUT_VOLUME:-/}
days=$AW_INPUT_MIN_AGE_DAYS
max=$AW_INPUT_MAX_FILES
[ -d "$volume" ] || aw_refuse no_such_volume "$volume is no directory on this machine."
aw_meant / "${AW_INPUT_VOLUME:-}"

mounted_on() { aw_timed 30 df -P -k "$1" 2>/dev/null | awk 'NR == 2 { print $6 }'; }
free_kb() { aw_timed 30 df -P -k "$volume" | awk 'NR == 2 { print $4 }'; }
wanted=$(mounted_on "$volume")
[ -n "$wanted" ] || aw_refuse not_measurable "df tells nothing of $volume."

places=
for place in /tmp /var/tmp; do
  if [ -d "$place" ] && [ ! -L "$place" ] && [ "$(mounted_on "$place")" = "$wanted" ]; then places="$places $place"; fi
done
[ -n "$places" ] || aw_refuse nothing_here "Neither /tmp nor /var/tmp lies on $wanted; it has no temporary files to remove."

newline='
'
# What is mounted below, such as a bind mount of data of the same file system, is no temporary file.
set --
mounts=$(awk '$5 ~ /^\/(tmp|var\/tmp)\// { print $5 }' /proc/self/mountinfo) || aw_refuse no_mounts 'The list of mounts cannot be read.'
case $mounts in *[\\*?[]*) aw_refuse odd_mount 'A mount below /tmp or /var/tmp has a name with odd characters.' ;; esac
for mount in $mounts; do set -- "$@" ! -path "$mount" ! -path "$mount/*"; done
# Files that a program has open or a loop device lies in, by device and inode.
find /proc/[0-9]*/fd -maxdepth 1 -type l -exec stat -L -c '%d:%i' {} + 2>/dev/null >"$AW_DIR/open"
cat /sys/block/loop*/loop/backing_file 2>/dev/null | while IFS= read -r file; do stat -c '%d:%i' -- "$file" 2>/dev/null; done >>"$AW_DIR/open"
# Files that a program has mapped into its memory and closed again, by name.
cat /proc/[0-9]*/maps 2>/dev/null | awk '{ at = index($0, "/"); if (at > 0 && substr($0, at) ~ /^\/(tmp|var\/tmp)\//) print substr($0, at) }' | sort -u >"$AW_DIR/mapped"
in_use() { grep -Fqx -e "$(stat -c '%d:%i' -- "$1" 2>/dev/null)" "$AW_DIR/open" || grep -Fqx -e "$1" "$AW_DIR/mapped"; }
now=$(date +%s)
case $now in '' | *[!0-9]*) aw_refuse date_unknown 'date does not tell the time.' ;; esac
before=$(free_kb)
removed=0
for place in $places; do
  aw_local "$place"
  keep=$days
  # Meant to outlive a restart; systemd keeps its files for 30 days too.
  if [ "$place" = /var/tmp ] && [ "$keep" -lt 30 ]; then keep=30; fi
  limit=@$((now - keep * 86400))
  # When it came here counts as well: what was unpacked or moved here a moment ago has the times it had where it came from. A lock is in use as long as it is there.
  aw_timed 240 find "$place" -xdev -type d -name 'systemd-private-*' -prune -o -type f ! -newermt "$limit" ! -newerat "$limit" ! -newerct "$limit" ! -name '*.lock' ! -name '.*-lock' ! -path "*$newline*" "$@" -print 2>/dev/null |
    head -n "$((max - removed))" >"$AW_DIR/list"
  while IFS= read -r file; do
    if in_use "$file"; then continue; fi
    if aw_remove "$place" "$file"; then
      removed=$((removed + 1))
      aw_changed "removed $file"
    fi
  done <"$AW_DIR/list"
  if [ "$removed" -ge "$max" ]; then break; fi
done

aw_fact removedFiles "$removed"
aw_fact freedKb "$(($(free_kb) - before))"
aw_ok "$removed files removed on $wanted."
