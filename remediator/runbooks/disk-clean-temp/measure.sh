# How full the volume is.
aw_need df awk
volume=${AW_INPUT_VOLUME:-/}
[ -d "$volume" ] || aw_refuse no_such_volume "$volume is no directory on this machine."

line=$(aw_timed 30 df -P -k "$volume" 2>/dev/null | awk 'NR == 2 { print $2, $4, $5, $6 }')
[ -n "$line" ] || aw_refuse not_measurable "df tells nothing of $volume."
total=${line%% *}
percent=$(printf '%s\n' "$line" | awk '{ sub(/%/, "", $3); print $3 }')
case $percent in '' | *[!0-9]*) aw_refuse not_measurable "df tells no share for $volume: it is no volume with blocks." ;; esac

aw_fact volume "$(printf '%s\n' "$line" | awk '{ print $4 }')"
aw_fact usedPercent "$percent"
aw_fact totalKb "$total"
aw_fact freeKb "$(printf '%s\n' "$line" | awk '{ print $2 }')"
aw_ok "$volume is $percent% full."
