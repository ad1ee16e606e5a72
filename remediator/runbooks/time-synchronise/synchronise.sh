# Has the time service of this machine set the clock now, unless it would jump further than is allowed: a jump harms databases, log order and scheduled jobs.
max=$AW_INPUT_MAX_STEP_SECONDS
aw_need awk systemctl
active() { [ "$(aw_timed 15 systemctl is-active -- "$1" 2>/dev/null)" = active ]; }
# What this machine has, running or not; two of them at once would work against each other.
found=
number=0
for unit in chronyd.service chrony.service ntpd.service ntp.service ntpsec.service systemd-timesyncd.service; do
  if active "$unit"; then
    found=$unit
    number=$((number + 1))
  fi
done
if [ "$number" -gt 1 ]; then
  # chronyd.service and chrony.service are two names of one.
  if active chronyd.service && active chrony.service && [ "$number" -eq 2 ]; then found=chrony.service; else aw_refuse several_services 'More than one time service runs here; a person has to choose.'; fi
fi
if [ -z "$found" ]; then
  for unit in chronyd.service chrony.service ntpd.service ntpsec.service ntp.service systemd-timesyncd.service; do
    if [ "$(aw_timed 15 systemctl is-enabled -- "$unit" 2>/dev/null)" = enabled ]; then
      found=$unit
      break
    fi
  done
  [ -n "$found" ] || aw_refuse no_time_service 'No time service is set up here; the clock may be kept by the hypervisor.'
  aw_changed "started $found"
  aw_timed 60 systemctl start -- "$found" 2>/dev/null || aw_fail start_failed "$found could not be started."
fi
aw_fact service "$found"

case $found in
  chron*)
    aw_need chronyc
    milliseconds() { aw_timed 15 chronyc -n tracking 2>/dev/null | awk -F: '$1 ~ /^System time/ { split($2, w, " "); printf "%d\n", w[1] * 1000 }'; }
    aw_timed 15 chronyc -n online >/dev/null 2>&1
    aw_timed 15 chronyc -n burst 4/4 >/dev/null 2>&1 || aw_fail no_sources 'chrony has no server it could ask.'
    aw_timed 60 chronyc -n waitsync 5 0 0 10 >/dev/null 2>&1 || aw_fail not_synchronised 'chrony found no server that answers.'
    before=$(milliseconds)
    [ -n "$before" ] || aw_fail not_told 'chrony does not tell how far off the clock is.'
    aw_fact offsetBeforeMilliseconds "$before"
    if [ "$before" -gt "$((max * 1000))" ]; then aw_refuse step_too_large "The clock is $((before / 1000)) s off; more than $max s is for a person to decide."; fi
    if [ "$before" -lt 100 ]; then aw_ok 'The clock is right to a tenth of a second; nothing to do.'; fi
    aw_timed 15 chronyc -n makestep >/dev/null 2>&1 || aw_fail step_failed 'chrony did not set the clock.'
    aw_changed "set the clock by $before ms"
    aw_ok "Set the clock by $before ms through chrony."
    ;;
  *)
    # These set the clock themselves when they start; how far off it is, is asked of a server first.
    synchronised=$(aw_timed 15 timedatectl show --property=NTPSynchronized --value 2>/dev/null)
    if [ "$synchronised" = yes ]; then aw_ok "$found says that the clock is synchronised; nothing to do."; fi
    command -v sntp >/dev/null 2>&1 && server=$(awk '$1 == "server" || $1 == "pool" { print $2; exit }' /etc/ntp.conf /etc/ntpsec/ntp.conf 2>/dev/null)
    case ${server:-} in
      '' | -* | *[!A-Za-z0-9.:-]*) ;;
      *)
        seconds=$(aw_timed 20 sntp "$server" 2>/dev/null | awk '{ for (i = 1; i <= NF; i++) if ($i ~ /^[+-][0-9]+\.[0-9]+$/) { v = $i < 0 ? -$i : $i; printf "%d\n", v; exit } }')
        if [ "${seconds:-0}" -gt "$max" ]; then aw_refuse step_too_large "The clock is $seconds s off; more than $max s is for a person to decide."; fi
        ;;
    esac
    # ntpd refuses to jump far while it runs, and with -g does so once when it starts.
    case $found in ntp*) [ -n "${seconds:-}" ] || aw_refuse offset_unknown "How far off the clock is cannot be asked here; $found could jump any way when it starts." ;; esac
    aw_changed "restarted $found"
    aw_timed 60 systemctl restart -- "$found" 2>/dev/null || aw_fail restart_failed "$found could not be restarted."
    active "$found" || aw_fail not_active "$found was restarted and is not active."
    aw_ok "Restarted $found, which sets the clock when it has heard of its servers."
    ;;
esac
