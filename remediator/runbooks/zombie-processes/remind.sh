# Tells whose zombies there are, and reminds their parents by the signal that means a child has ended. A program that does not know it ignores it; nothing is killed.
aw_need awk sort
parents() {
  for stat in /proc/[0-9]*/status; do
    awk '$1 == "State:" { state = $2 } $1 == "PPid:" { parent = $2 } END { if (state == "Z" && parent > 1) print parent }' "$stat" 2>/dev/null
  done | sort -n | uniq -c | sort -rn | head -n 20
}
count() { awk '{ n += $1 } END { printf "%d\n", n }' "$AW_DIR/parents"; }
parents >"$AW_DIR/parents"
before=$(count)
aw_fact zombiesBefore "$before"
if [ "$before" -eq 0 ]; then
  rm -f "$AW_DIR/parents"
  aw_fact zombies 0
  aw_ok 'There are no zombie processes that a program has to look after.'
fi
at=0
while read -r number parent; do
  at=$((at + 1))
  name=$(cat "/proc/$parent/comm" 2>/dev/null) || continue
  unit=$(sed -n 's#^\(0::\|[0-9]*:name=systemd:\).*/\([A-Za-z0-9@_.:-]*\.service\)$#\2#p' "/proc/$parent/cgroup" 2>/dev/null | head -n 1)
  if [ "$at" -le 5 ]; then aw_fact "parent$at" "$number of $name ($parent) ${unit:-no service}"; fi
  kill -s CHLD "$parent" 2>/dev/null
done <"$AW_DIR/parents"
waited=0
while [ "$waited" -lt 5 ]; do
  sleep 1
  waited=$((waited + 1))
  parents >"$AW_DIR/parents"
  [ "$(count)" -gt 0 ] || break
done
after=$(count)
rm -f "$AW_DIR/parents"
aw_fact zombies "$after"
if [ "$after" -lt "$before" ]; then aw_changed "$((before - after)) zombie processes were taken away by their parents"; fi
aw_ok "$after of $before zombie processes are left."
