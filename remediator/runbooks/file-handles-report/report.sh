# Names the processes nearest to their limit of open files, and how near the whole machine is. Changes nothing.
aw_need awk
read -r used free most </proc/sys/fs/file-nr
aw_fact openFiles "$used"
aw_fact systemLimit "$most"
aw_fact systemPercent "$(awk -v used="$used" -v free="$free" -v most="$most" 'BEGIN { printf "%d", (most > 0 ? (used - free) * 100 / most : 0) }')"
looked=0
list=$(for process in /proc/[0-9]*; do
  looked=$((looked + 1))
  [ "$looked" -le 5000 ] || break
  limit=$(awk '/^Max open files/ { print $4 }' "$process/limits" 2>/dev/null) || continue
  case $limit in '' | *[!0-9]* | 0) continue ;; esac
  # Without order and bounded: a process may hold a million.
  count=$(find "$process/fd" -mindepth 1 -maxdepth 1 2>/dev/null | head -n 1100000 | wc -l)
  [ "$count" -gt 0 ] || continue
  name=$(head -c 60 "$process/comm" 2>/dev/null | tr -c 'A-Za-z0-9._:/-' '_')
  printf '%d %d %d %s %s\n' $((count * 100 / limit)) "$count" "$limit" "${process#/proc/}" "${name%_}"
done | sort -rn -k 1,1 -k 2,2 | head -n 5)
rank=0 lead='no process is near its limit'
while read -r percent count limit pid name; do
  [ -n "$percent" ] || continue
  rank=$((rank + 1))
  unit=$(head -n 50 "/proc/$pid/cgroup" 2>/dev/null | grep -o '[A-Za-z0-9@_.:\\-]*\.\(service\|scope\)' | tail -n 1)
  aw_fact "top$rank" "$percent% $name (pid $pid${unit:+, $unit}): $count of $limit"
  if [ "$rank" -eq 1 ]; then
    aw_fact topPercent "$percent"
    if [ "$percent" -ge 80 ]; then lead="$name${unit:+ of $unit} holds $count of $limit files"; fi
  fi
done <<LIST_END
$list
LIST_END
aw_ok "$lead"
