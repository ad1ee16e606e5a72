# Removes packages that were downloaded and are installed already; the package manager does it itself, under its own lock.
aw_place /var/cache || aw_refuse no_cache_directory 'There is no /var/cache.'
aw_on_volume /var/cache "${AW_INPUT_VOLUME:-}"
aw_meant /var/cache "${AW_INPUT_VOLUME:-}"

# The cache of the manager that this system has; the place is fixed, because cleaning deletes all that lies there.
if command -v apt-get >/dev/null 2>&1 && command -v dpkg >/dev/null 2>&1; then
  manager=apt-get place=/var/cache/apt/archives
  told=$(apt-config shell PLACE Dir::Cache::archives/d 2>/dev/null)
  [ "$told" = "PLACE='/var/cache/apt/archives/'" ] || aw_refuse cache_elsewhere 'apt keeps its packages somewhere else than in /var/cache/apt/archives; it may be a repository of your own.'
elif command -v dnf >/dev/null 2>&1; then
  manager=dnf place=/var/cache/dnf
elif command -v yum >/dev/null 2>&1; then
  manager=yum place=/var/cache/yum
elif command -v zypper >/dev/null 2>&1; then
  manager=zypper place=/var/cache/zypp/packages
elif command -v apk >/dev/null 2>&1; then
  manager=apk place=/var/cache/apk
else
  aw_refuse no_package_manager 'None of apt, dnf, yum, zypper and apk is here.'
fi
aw_place "$place" || aw_ok "$manager keeps no packages in $place; nothing to do."
# A mount in the cache is shared with somebody: other machines, or an image build.
if awk -v place="$place" '$5 == place || index($5, place "/") == 1 { found = 1 } END { exit !found }' /proc/self/mountinfo; then
  aw_refuse cache_is_mounted "$place is a mount of its own or holds one; it may be shared with other machines."
fi

# Whatever is no package was put there by somebody, and apt would delete it too.
if [ "$manager" = apt-get ] && find "$place" -maxdepth 1 ! -type d ! -name '*.deb' ! -name lock -print 2>/dev/null | grep -q .; then aw_refuse foreign_files "$place holds files that are no packages."; fi

before=$(du -skx "$place" | cut -f 1)
case $manager in
  apt-get) aw_timed 120 apt-get -q clean ;;
  dnf | yum) aw_timed 120 "$manager" -q clean packages ;;
  zypper) aw_timed 120 zypper --quiet --non-interactive clean ;;
  apk) aw_timed 120 apk --quiet cache clean ;;
esac >/dev/null 2>"$AW_DIR/err" || {
  why=$(tail -n 1 "$AW_DIR/err")
  rm -f "$AW_DIR/err"
  aw_fail clean_failed "$manager could not clean its cache: $why"
}
rm -f "$AW_DIR/err"
freed=$((before - $(du -skx "$place" | cut -f 1)))
if [ "$freed" -gt 0 ]; then aw_changed "removed downloaded packages of $manager from $place ($freed KB)"; else freed=0; fi
aw_fact manager "$manager"
aw_fact freedMegabytes "$((freed / 1024))"
aw_disk /var/cache
aw_ok "Removed $freed KB of downloaded packages."
