# Rotates the logs of one configuration of logrotate now, when one of them is too large. How many old ones are kept is what the configuration says.
config=/etc/logrotate.d/$AW_INPUT_CONFIG
aw_need logrotate awk stat
if [ -L "$config" ] || [ ! -f "$config" ]; then aw_refuse no_configuration "There is no file $config."; fi
if [ -L /etc/logrotate.conf ] || [ ! -f /etc/logrotate.conf ]; then aw_refuse no_configuration 'There is no file /etc/logrotate.conf.'; fi
# logrotate itself passes these over when it reads the folder.
case $AW_INPUT_CONFIG in *.bak | *.disabled | *.dpkg-* | *.old | *.orig | *.rej | *.rpm* | *.swp | *.ucf-* | *.cfsaved | *.bck) aw_refuse no_configuration "$config is a copy that is not in use." ;; esac
# It may name commands that are run as root: only root may have written it.
for file in /etc/logrotate.conf "$config"; do
  case $(stat -c '%u %A' -- "$file") in '0 '-????-??-?) ;; *) aw_refuse configuration_unsafe "Others than root may write $file." ;; esac
done
if [ -f /var/lib/logrotate/logrotate.status ]; then
  state=/var/lib/logrotate/logrotate.status
elif [ -d /var/lib/logrotate ]; then
  state=/var/lib/logrotate/status
else
  aw_refuse no_state 'There is no /var/lib/logrotate.'
fi

# What /etc/logrotate.conf says for all logs counts here too, such as how many are kept; its own logs and what it includes do not.
awk '/^[ \t]*include[ \t]/ { next } /\{/ { depth++ } depth == 0 && !/^[ \t]*\// { print } /\}/ { depth-- } END { exit depth != 0 }' /etc/logrotate.conf >"$AW_DIR/conf" || aw_refuse configuration_unknown '/etc/logrotate.conf is written in a way that is not recognised.'
# By size and not by force: that would turn the small logs too, and whoever fills one log could have the others forgotten.
printf 'maxsize %sM\ninclude %s\n' "$AW_INPUT_MIN_SIZE_MB" "$config" >>"$AW_DIR/conf"
if ! aw_timed 60 logrotate -d -s "$state" "$AW_DIR/conf" >"$AW_DIR/told" 2>&1 || grep -q '^error:' "$AW_DIR/told"; then
  why=$(grep '^error:' "$AW_DIR/told" | head -n 1)
  rm -f "$AW_DIR/conf" "$AW_DIR/told"
  aw_refuse configuration_wrong "logrotate does not accept it: ${why:-no reason told}"
fi
sed -n 's/^considering log \(\/.*\)$/\1/p' "$AW_DIR/told" | head -n 500 >"$AW_DIR/logs"
before=0
while IFS= read -r log; do
  [ -f "$log" ] || continue
  if [ "$(stat -L -c %s -- "$log")" -ge "$((AW_INPUT_MIN_SIZE_MB * 1048576))" ]; then before=$((before + 1)); fi
done <"$AW_DIR/logs"
if [ "$before" -eq 0 ]; then
  rm -f "$AW_DIR/conf" "$AW_DIR/told" "$AW_DIR/logs"
  aw_fact rotatedLogs 0
  aw_ok "No log of $AW_INPUT_CONFIG has ${AW_INPUT_MIN_SIZE_MB} MB; nothing to do."
fi

rotated=0
while IFS= read -r log; do [ -f "$log" ] && printf '%s %s\n' "$(stat -L -c '%i:%s' -- "$log")" "$log"; done <"$AW_DIR/logs" >"$AW_DIR/had"
aw_timed 480 logrotate -s "$state" "$AW_DIR/conf" >"$AW_DIR/told" 2>&1
status=$?
while IFS= read -r line; do
  log=${line#* }
  if [ "$(stat -L -c '%i:%s' -- "$log" 2>/dev/null)" != "${line%% *}" ]; then
    rotated=$((rotated + 1))
    aw_changed "rotated $log"
  fi
done <"$AW_DIR/had"
why=$(grep '^error:' "$AW_DIR/told" | head -n 1)
rm -f "$AW_DIR/conf" "$AW_DIR/told" "$AW_DIR/logs" "$AW_DIR/had"
aw_fact rotatedLogs "$rotated"
if [ "$status" -ne 0 ]; then aw_fail rotation_failed "logrotate ended with $status: ${why:-no reason told}"; fi
aw_ok "Rotated $rotated logs of $AW_INPUT_CONFIG."
