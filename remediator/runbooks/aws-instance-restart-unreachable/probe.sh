# Tells how long the machine has been up and whether its services started; changes nothing.
aw_need awk
up=$(awk '{ printf "%d", $1 }' /proc/uptime)
aw_fact uptimeSeconds "$up"
state=unknown
if command -v systemctl >/dev/null 2>&1; then state=$(timeout 20 systemctl is-system-running 2>/dev/null || true); fi
aw_fact systemState "${state:-unknown}"
case $state in running | degraded) aw_fact isUp true ;; *) aw_fact isUp false ;; esac
aw_ok "up for $up seconds, $state"
