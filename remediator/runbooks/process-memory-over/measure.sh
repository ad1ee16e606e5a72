# Memory of the processes of this name. Looks only.
name=$AW_INPUT_PROCESS
limit_kb=$((AW_INPUT_LIMIT_MB * 1024))
largest=0
number=0
for dir in /proc/[0-9]*; do
  [ "$(cat "$dir/comm" 2>/dev/null)" = "$(printf '%.15s' "$name")" ] || continue
  kb=$(awk '$1 == "VmRSS:" { print $2 }' "$dir/status" 2>/dev/null)
  number=$((number + 1))
  if [ "${kb:-0}" -gt "$largest" ]; then largest=$kb; fi
done
aw_fact processes "$number"
aw_fact largestMegabytes "$((largest / 1024))"
if [ "$largest" -gt "$limit_kb" ]; then aw_fact isOver true; else aw_fact isOver false; fi
aw_ok "$number processes are named $name; the largest has $((largest / 1024)) MB."
