# Whether the clock is kept right, by what, and how far off it is. Looks only.
aw_need awk
service=none
offset=-1
synchronised=false
if command -v chronyc >/dev/null 2>&1 && aw_timed 15 chronyc -n tracking >"$AW_DIR/told" 2>/dev/null; then
  service=chrony
  offset=$(awk -F: '$1 ~ /^System time/ { split($2, w, " "); printf "%d\n", w[1] * 1000 }' "$AW_DIR/told")
  if grep -q '^Leap status *: *Normal' "$AW_DIR/told"; then synchronised=true; fi
elif command -v ntpq >/dev/null 2>&1 && aw_timed 15 ntpq -c rv >"$AW_DIR/told" 2>/dev/null; then
  service=ntpd
  offset=$(tr ',' '\n' <"$AW_DIR/told" | awk -F= '{ gsub(/ /, "", $1) } $1 == "offset" { v = $2 < 0 ? -$2 : $2; printf "%d\n", v }')
  if grep -q 'sync_ntp' "$AW_DIR/told"; then synchronised=true; fi
elif command -v timedatectl >/dev/null 2>&1 && aw_timed 15 timedatectl show --property=NTPSynchronized --property=NTP >"$AW_DIR/told" 2>/dev/null; then
  service=timesyncd
  if grep -qx 'NTPSynchronized=yes' "$AW_DIR/told"; then synchronised=true; fi
fi
rm -f "$AW_DIR/told"
aw_fact service "$service"
aw_fact synchronised "$synchronised"
if [ "${offset:--1}" -ge 0 ]; then aw_fact offsetMilliseconds "$offset"; fi
aw_ok "The clock is kept by $service; synchronised: $synchronised."
