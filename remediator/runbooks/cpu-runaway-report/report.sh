# Names the processes that used most processor time while this looked, and the units they belong to. Tells names of programs, never their arguments. Changes nothing.
aw_need awk getconf sleep
ticks=$(getconf CLK_TCK) cores=$(getconf _NPROCESSORS_ONLN)
case $ticks$cores in '' | *[!0-9]*) aw_refuse figures_missing 'the clock of this machine cannot be read' ;; esac
# "pid ticks name" of at most 20000 processes; the name may hold blanks and brackets, so the fields are counted from its last bracket.
sample() {
  cat /proc/[0-9]*/stat 2>/dev/null | head -n 20000 | awk '{
    pid = $1; open = index($0, "("); close_at = 0
    for (i = length($0); i > open; i--) if (substr($0, i, 1) == ")") { close_at = i; break }
    name = substr($0, open + 1, close_at - open - 1); gsub(/[^A-Za-z0-9._:\/-]/, "_", name)
    split(substr($0, close_at + 2), f, " ")
    print pid, f[12] + f[13], f[20], name
  }'
}
first=$(sample)
sleep "$AW_INPUT_SECONDS"
second=$(sample)
# Told apart by when they began as well, so that a number used again is no runaway.
top=$(printf '%s\nnow\n%s\n' "$first" "$second" | awk -v ticks="$ticks" -v seconds="$AW_INPUT_SECONDS" '
  $1 == "now" { now = 1; next }
  !now { before[$1 " " $3] = $2; known[$1 " " $3] = 1; next }
  known[$1 " " $3] { used = $2 - before[$1 " " $3]; if (used > 0) printf "%d %s %s\n", used * 100 / ticks / seconds, $1, $4 }' | sort -rn | head -n 5)
aw_fact cores "$cores"
aw_fact load "$(cut -d ' ' -f 1 /proc/loadavg)"
aw_fact stealPercent "$(awk '/^cpu / { total = 0; for (i = 2; i <= 9; i++) total += $i; printf "%d", (total > 0 ? $9 * 100 / total : 0) }' /proc/stat)"
rank=0 lead='no process stands out'
while read -r percent pid name; do
  [ -n "$percent" ] || continue
  rank=$((rank + 1))
  unit=$(head -n 50 "/proc/$pid/cgroup" 2>/dev/null | grep -o '[A-Za-z0-9@_.:\\-]*\.\(service\|scope\)' | tail -n 1)
  aw_fact "top$rank" "$percent% $name (pid $pid${unit:+, $unit})"
  if [ "$rank" -eq 1 ]; then
    aw_fact topPercent "$percent"
    if [ "$percent" -ge 50 ]; then lead="$name${unit:+ of $unit} uses $percent% of a core"; fi
  fi
done <<TOP_END
$top
TOP_END
aw_ok "$lead; load $(cut -d ' ' -f 1 /proc/loadavg) on $cores cores"
