# Counts the security updates that are pending and whether a reboot is; changes nothing, and does not ask the mirrors.
if command -v apt-get >/dev/null 2>&1 && [ -d /var/lib/dpkg ]; then
  list=$(timeout 120 apt-get -s -q -o Debug::NoLocking=1 -o APT::Get::Show-User-Simulation-Note=0 dist-upgrade 2>/dev/null) || aw_fail list_failed 'apt-get cannot work out what is pending'
  # "Inst name [old] (new origin, origin [arch])": the origin tells, never the name of a package.
  pending=$(printf '%s\n' "$list" | awk '$1 == "Inst" && $3 ~ /^\[/ { origin = tolower($0); sub(/^[^(]*\([^ ]*/, "", origin); if (origin ~ /[-\/ ]security/) n++ } END { print n + 0 }')
  aw_fact manager apt
elif command -v dnf >/dev/null 2>&1; then
  list=$(timeout 240 dnf -q --cacheonly updateinfo list --security 2>/dev/null) || aw_fail list_failed 'dnf cannot work out what is pending'
  pending=$(printf '%s\n' "$list" | grep -c -E '(Sec\.|/Sec|security)' || true)
  aw_fact manager dnf
else
  aw_refuse no_package_manager 'neither apt nor dnf manages this machine'
fi
aw_fact pendingSecurityUpdates "$pending"
if [ -e /var/run/reboot-required ] || { command -v needs-restarting >/dev/null 2>&1 && ! timeout 60 needs-restarting -r >/dev/null 2>&1; }; then aw_fact isRebootPending true; else aw_fact isRebootPending false; fi
aw_ok "$pending security updates are pending"
