# Processes that have ended and that their parents have not looked after. Looks only.
number=0
for stat in /proc/[0-9]*/status; do
  case $(sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "$stat" 2>/dev/null) in Z) number=$((number + 1)) ;; esac
done
aw_fact zombies "$number"
aw_ok "There are $number zombie processes."
