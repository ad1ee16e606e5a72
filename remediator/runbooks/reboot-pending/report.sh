# Whether this machine waits for a restart, and why. Looks only.
aw_need awk uname
isPending=false
why=
because() {
  isPending=true
  why="${why:+$why, }$1"
}
isKnown=false
if [ -d /etc/apt ]; then
  isKnown=true
  if [ -e /run/reboot-required ] || [ -e /var/run/reboot-required ]; then
    because 'packages ask for it'
    if [ -f /run/reboot-required.pkgs ]; then aw_fact packages "$(head -c 2000 /run/reboot-required.pkgs | sort -u | head -n 20 | tr '\n' ' ')"; fi
  fi
fi
if command -v needs-restarting >/dev/null 2>&1; then
  aw_timed 60 needs-restarting -r >/dev/null 2>&1
  case $? in
    0) isKnown=true ;;
    1)
      isKnown=true
      because 'core libraries or services were updated'
      ;;
  esac
fi
if command -v zypper >/dev/null 2>&1; then
  aw_timed 60 zypper --non-interactive needs-rebooting >/dev/null 2>&1
  case $? in
    0) isKnown=true ;;
    102)
      isKnown=true
      because 'an update asks for it'
      ;;
  esac
fi
running=$(uname -r)
aw_fact kernelRunning "$running"
if [ -d /lib/modules ] && [ -n "$(ls /lib/modules 2>/dev/null)" ] && [ ! -d "/lib/modules/$running" ] && [ ! -e /run/.containerenv ] && [ ! -e /.dockerenv ]; then because 'the running kernel was removed'; fi
# The newest kernel of the same flavour as the one that runs.
if [ -e "/boot/vmlinuz-$running" ]; then
  isKnown=true
  flavour=$(printf '%s' "$running" | sed 's/^[0-9.-]*//')
  newest=$(find /boot -maxdepth 1 -name 'vmlinuz-*' 2>/dev/null | sed -n 's/^\/boot\/vmlinuz-\([0-9][A-Za-z0-9._+~-]*\)$/\1/p' | awk -v f="$flavour" 'f == "" || substr($0, length($0) - length(f) + 1) == f' | sort -V | tail -n 1)
  if [ -n "$newest" ] && [ "$newest" != "$running" ]; then
    aw_fact kernelInstalled "$newest"
    because 'a newer kernel is installed'
  fi
fi
aw_fact uptimeDays "$(awk '{ printf "%d\n", $1 / 86400 }' /proc/uptime)"
if [ "$isPending" = false ] && [ "$isKnown" = false ]; then aw_refuse system_unknown 'Nothing on this system tells whether a restart is pending.'; fi
aw_fact rebootPending "$isPending"
if [ "$isPending" = true ]; then
  aw_fact reasons "$why"
  aw_ok "A restart is pending: $why."
fi
aw_ok 'No restart is pending.'
