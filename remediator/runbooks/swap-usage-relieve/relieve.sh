# Takes swap off and on again, so that what lies there comes back into memory, when there is clearly room for it. One area after the other; each is on again before the next.
if [ ! -r /proc/swaps ] || [ ! -r /proc/meminfo ]; then aw_refuse no_swap_figures 'There is no /proc/swaps.'; fi
aw_need swapoff swapon awk
awk 'NR > 1' /proc/swaps >"$AW_DIR/swaps"
if [ ! -s "$AW_DIR/swaps" ]; then
  rm -f "$AW_DIR/swaps"
  aw_refuse no_swap 'No swap is in use on this machine.'
fi
used=$(awk '{ used += $4 } END { printf "%d\n", used }' "$AW_DIR/swaps")
size=$(awk '{ size += $3 } END { printf "%d\n", size }' "$AW_DIR/swaps")
aw_fact swapUsedMegabytes "$((used / 1024))"
if [ "$size" -le 0 ] || [ "$((used * 100 / size))" -lt "$AW_INPUT_MIN_USED_PERCENT" ]; then
  rm -f "$AW_DIR/swaps"
  aw_ok 'Little of the swap is in use; nothing to do.'
fi
if awk '$1 ~ /\\/ || $1 !~ /^\// || ($2 != "partition" && $2 != "file") || $1 ~ /^\/dev\/zram/ { found = 1 } END { exit !found }' "$AW_DIR/swaps"; then
  rm -f "$AW_DIR/swaps"
  aw_refuse swap_unknown 'A swap area is compressed memory or has a name with odd characters.'
fi
awk '{ v[$1] = $2 } END { printf "%d %d\n", v["MemTotal:"], v["MemAvailable:"] }' /proc/meminfo >"$AW_DIR/memory"
read -r total available <"$AW_DIR/memory"
rm -f "$AW_DIR/memory"
aw_fact availableMegabytes "$((available / 1024))"
# Room for all of it, and a tenth of memory beside: else the kernel would have to kill programs.
if [ "$available" -lt "$((used + total / 10 + 131072))" ]; then
  rm -f "$AW_DIR/swaps"
  aw_refuse not_enough_memory "$((used / 1024)) MB are swapped out and only $((available / 1024)) MB of memory are available."
fi

# Whatever ends the script, an area that was taken off is on again.
off=
priority=
trap 'if [ -n "$off" ]; then swapon -p "$priority" "$off" || swapon "$off"; fi; aw_exit 143' TERM INT HUP
while read -r area _ _ area_used area_priority; do
  [ "$area_used" -gt 0 ] || continue
  off=$area
  priority=$area_priority
  [ "$priority" -ge 0 ] || priority=0
  aw_timed 420 swapoff "$area" </dev/null 2>/dev/null
  status=$?
  if grep -q "^$area " /proc/swaps; then
    off=
    aw_fail swapoff_failed "$area could not be taken off (code $status) and is still in use."
  fi
  # A negative priority was given by the kernel; it gives one again when none is told.
  if [ "$area_priority" -ge 0 ]; then swapon -p "$area_priority" "$area" </dev/null 2>/dev/null; else swapon "$area" </dev/null 2>/dev/null; fi
  status=$?
  off=
  aw_changed "took $area off and on again; $((area_used / 1024)) MB came back into memory"
  if [ "$status" -ne 0 ]; then aw_fail swapon_failed "$area is off and could not be taken into use again (code $status); do it by hand: swapon $area"; fi
done <"$AW_DIR/swaps"
rm -f "$AW_DIR/swaps"
aw_ok "$((used / 1024)) MB came back from swap into memory."
