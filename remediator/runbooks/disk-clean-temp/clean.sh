# Removes old files from /tmp and /var/tmp where they lie on the full volume.
aw_need df awk find
volume=${AW_INPUT_VOLUME:-/}
days=$AW_INPUT_MIN_AGE_DAYS
max=$AW_INPUT_MAX_FILES
[ -d "$volume" ] || aw_refuse no_such_volume "$volume is no directory on this machine."

mounted_on() { df -P -k "$1" 2>/dev/null | awk 'NR == 2 { print $6 }'; }
free_kb() { df -P -k "$volume" | awk 'NR == 2 { print $4 }'; }
wanted=$(mounted_on "$volume")
[ -n "$wanted" ] || aw_refuse not_measurable "df tells nothing of $volume."

places=
for place in /tmp /var/tmp; do
  if [ -d "$place" ] && [ ! -L "$place" ] && [ "$(mounted_on "$place")" = "$wanted" ]; then places="$places $place"; fi
done
[ -n "$places" ] || aw_refuse nothing_here "Neither /tmp nor /var/tmp lies on $wanted; it has no temporary files to remove."

newline='
'
before=$(free_kb)
removed=0
for place in $places; do
  aw_timed 240 find "$place" -xdev -type d -name 'systemd-private-*' -prune -o -type f -mtime "+$((days - 1))" -atime "+$((days - 1))" ! -path "*$newline*" -print 2>/dev/null |
    head -n "$((max - removed))" >"$AW_DIR/list"
  while IFS= read -r file; do
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
