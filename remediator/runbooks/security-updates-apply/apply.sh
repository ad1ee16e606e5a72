# Installs pending security updates and nothing else. Never removes a package, never reboots, keeps changed configuration files.
looked=0
for process in /proc/[0-9]*; do
  looked=$((looked + 1))
  [ "$looked" -le 20000 ] || break
  case $(head -c 60 "$process/comm" 2>/dev/null) in
    apt | apt-get | aptitude | dpkg | unattended-upgr* | dnf | dnf5 | dnf-3 | yum | rpm | zypper | packagekitd | do-release-upg*)
      # On Ubuntu one of that name waits for the machine to shut down, and does nothing until then.
      if tr '\000' '\n' <"$process/cmdline" 2>/dev/null | grep -Fqx -e --wait-for-signal; then continue; fi
      aw_refuse manager_busy "another package manager works (process ${process#/proc/})" ;;
  esac
done
for place in / /var /usr /boot; do
  [ -d "$place" ] || continue
  freeKb=$(df -Pk -- "$place" | awk 'NR == 2 { print $4 }')
  least=512000
  [ "$place" != /boot ] || least=153600
  case $freeKb in '' | *[!0-9]*) aw_refuse disk_unknown "the free space of $place cannot be read" ;; esac
  [ "$freeKb" -ge "$least" ] || aw_refuse disk_full "only $freeKb KB are free at $place; $least are needed"
done

if command -v apt-get >/dev/null 2>&1 && [ -d /var/lib/dpkg ]; then
  [ -z "$(timeout 60 dpkg --audit 2>/dev/null | head -c 1)" ] || aw_refuse packages_broken 'dpkg names packages that are half installed; a person should mend them first'
  export DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l NEEDRESTART_SUSPEND=1 APT_LISTCHANGES_FRONTEND=none UCF_FORCE_CONFFOLD=1
  timeout 300 apt-get -q -o DPkg::Lock::Timeout=0 -o Acquire::Retries=1 update >/dev/null 2>&1 || aw_refuse lists_failed 'the lists of packages cannot be fetched'
  list=$(timeout 120 apt-get -s -q -o APT::Get::Show-User-Simulation-Note=0 dist-upgrade 2>/dev/null) || aw_refuse list_failed 'apt-get cannot work out what is pending'
  # "Inst name [old] (new origin, origin [arch])": only what is installed already and comes from a pocket for security; the origin tells, never the name of a package.
  names=$(printf '%s\n' "$list" | awk -v most="$AW_INPUT_MAX_PACKAGES" '$1 == "Inst" && $3 ~ /^\[/ && $2 ~ /^[a-z0-9][a-z0-9.+:-]*$/ && $4 ~ /^\([A-Za-z0-9.+~:-]+$/ {
    origin = tolower($0); sub(/^[^(]*\([^ ]*/, "", origin)
    if (origin ~ /[-\/ ]security/ && n++ < most) print $2 "=" substr($4, 2)
  }')
  [ -n "$names" ] || { aw_fact installed 0; aw_ok 'no security update is pending; nothing was changed'; }
  # Said again as a trial with exactly these: what would remove a package is refused before anything is done.
  # shellcheck disable=SC2086 # one word a package, held to the characters above
  trial=$(timeout 120 apt-get -s -q --no-remove --only-upgrade install $names 2>/dev/null) || aw_refuse conflict 'these updates cannot be installed without removing or breaking others'
  case $trial in *'
Remv '*) aw_refuse would_remove 'these updates would remove packages' ;; esac
  status=0
  # shellcheck disable=SC2086
  timeout 2100 apt-get -y -q --no-remove --only-upgrade -o DPkg::Lock::Timeout=0 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold install $names >/dev/null 2>&1 || status=$?
  # What was unpacked is not left half installed, as far as that can be helped.
  if [ "$status" -ne 0 ]; then timeout 300 dpkg --force-confdef --force-confold --configure -a >/dev/null 2>&1 || status=100; fi
  count=0
  for name in $names; do
    if [ "$(dpkg-query -W -f '${db:Status-Abbrev}${Version}' -- "${name%%=*}" 2>/dev/null)" = "ii ${name#*=}" ]; then
      aw_changed "installed $name"
      count=$((count + 1))
    fi
  done
elif command -v dnf >/dev/null 2>&1; then
  list=$(timeout 240 dnf -q --cacheonly updateinfo list --security 2>/dev/null) || aw_refuse list_failed 'dnf cannot work out what is pending'
  pending=$(printf '%s\n' "$list" | awk '/Sec\.|\/Sec|security/ { print $3 }' | sort -u | grep -c .)
  [ "$pending" -le "$AW_INPUT_MAX_PACKAGES" ] || aw_refuse too_many "$pending packages have security updates, more than $AW_INPUT_MAX_PACKAGES; dnf cannot install a part of them"
  before=$(timeout 60 rpm -qa --queryformat '%{NAME}-%{VERSION}-%{RELEASE}.%{ARCH}\n' | sort) || aw_refuse list_failed 'rpm does not answer'
  status=0
  timeout 2100 dnf -y -q --security --setopt=clean_requirements_on_remove=False upgrade-minimal >/dev/null 2>&1 || status=$?
  after=$(timeout 60 rpm -qa --queryformat '%{NAME}-%{VERSION}-%{RELEASE}.%{ARCH}\n' | sort)
  installed=$(printf '%s\n%s\n%s\n' "$before" "$before" "$after" | sort | uniq -u)
  count=0
  for name in $installed; do
    aw_changed "installed $name"
    count=$((count + 1))
    [ "$count" -lt 1000 ] || break
  done
else
  aw_refuse no_package_manager 'neither apt nor dnf manages this machine'
fi
aw_fact installed "$count"
if [ -e /var/run/reboot-required ]; then aw_fact isRebootPending true; else aw_fact isRebootPending false; fi
[ "$status" -eq 0 ] || aw_fail install_failed "the package manager ended with $status; $count packages were installed"
aw_ok "$count packages were installed; the machine was not rebooted"
