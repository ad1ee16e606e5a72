# Gives files and directories the owner and mode that their package or the system's own rule says. Content is never touched, and nothing outside of what is named.
# check.sh is the same but for the next line and those that change something.
looksOnly=false
package=${AW_INPUT_PACKAGE:-}
path=${AW_INPUT_PATH:-}
aw_need stat chmod chown awk

# repair path owner:group mode: entered through its directory, so that nobody can turn it into a link in between. Sets nothing that is right already.
repaired=0
repair() {
  if [ -L "$1" ] || [ ! -e "$1" ]; then return 0; fi
  parent=${1%/*}
  parent=${parent:-/}
  (
    cd -P -- "$parent" 2>/dev/null || exit 0
    if [ "$PWD" != "$parent" ] || [ -L "./${1##*/}" ]; then exit 0; fi
    if [ -f "./${1##*/}" ] && [ "$(stat -c %h -- "./${1##*/}")" -gt 1 ]; then exit 0; fi
    has=$(stat -c '%U:%G %a' -- "./${1##*/}") || exit 0
    [ "$has" != "$2 $3" ] || exit 0
    [ "$has" != "$(aw_permissions_as_well "$1")" ] || exit 0
    if [ "$looksOnly" = true ]; then exit 10; fi
    if [ "${has% *}" != "$2" ]; then chown -h -- "$2" "./${1##*/}" || exit 1; fi
    chmod -- "$3" "./${1##*/}" || exit 1
    aw_changed "$1 was $has and is $2 $3"
    exit 10
  )
  case $? in
    10) repaired=$((repaired + 1)) ;;
    0) ;;
    *) aw_fail not_permitted "The owner or mode of $1 cannot be set." ;;
  esac
}

tell() {
  if [ "$looksOnly" = true ]; then
    aw_fact wrong "$repaired"
    aw_ok "$repaired owners or modes are wrong."
  fi
  aw_fact repaired "$repaired"
  aw_ok "$repaired owners or modes were put right."
}

if [ -n "$path" ]; then
  [ -z "$package" ] || aw_refuse both_given 'Give a package or a path, not both.'
  rule=$(aw_permissions_known "$path") || aw_refuse path_unknown "$path is none of the paths whose permissions are known."
  [ -e "$path" ] || aw_refuse no_such_path "$path does not exist."
  [ ! -L "$path" ] || aw_refuse is_link "$path is a symbolic link."
  repair "$path" "${rule%:*}" "${rule##*:}"
  tell
fi
[ -n "$package" ] || aw_refuse nothing_given 'Give a package or a path.'

if command -v rpm >/dev/null 2>&1 && rpm -q -- "$package" >/dev/null 2>&1; then
  # M mode, U user, G group, as the database of packages has them. Owners first: changing them takes the set-uid bits away.
  wrong=$(aw_timed 120 rpm --verify --nodeps --noscripts --nodigest --nosignature -- "$package" 2>/dev/null | awk '$1 ~ /^[.SM5DLUGTP?]{8,9}$/ && substr($1, 1, 9) ~ /[MUG]/ { n++ } END { print n + 0 }')
  repaired=$wrong
  if [ "$looksOnly" = true ]; then tell; fi
  if [ "$wrong" -eq 0 ]; then aw_ok "All owners and modes of $package are right; nothing to do."; fi
  aw_changed "put right owners and modes of $wrong files of $package"
  aw_timed 120 rpm --setugids -- "$package" >/dev/null 2>&1 || aw_fail rpm_failed "rpm could not set the owners of $package."
  aw_timed 120 rpm --setperms -- "$package" >/dev/null 2>&1 || aw_fail rpm_failed "rpm could not set the modes of $package."
  # Setting owners takes capabilities of files away too, without which ping or newuidmap fail.
  aw_timed 120 rpm --setcaps -- "$package" >/dev/null 2>&1 || [ -z "$(rpm -q --queryformat '[%{FILECAPS}]' -- "$package" 2>/dev/null)" ] || aw_fail rpm_failed "rpm could not set the capabilities of $package again; its programs may lack them."
  tell
fi

aw_need dpkg-query dpkg-deb tar
version=$(dpkg-query -W -f '${db:Status-Status} ${Version} ${Architecture}' -- "$package" 2>/dev/null) || aw_refuse package_unknown "No package $package is installed."
case $version in 'installed '*) ;; *) aw_refuse package_unknown "$package is not fully installed." ;; esac
architecture=${version##* }
version=${version#installed }
version=${version% *}
# dpkg keeps no modes; they stand in the package itself, which has to be the very one that is installed.
file=/var/cache/apt/archives/${package%%:*}_$(printf '%s' "$version" | sed 's/:/%3a/g')_$architecture.deb
if [ ! -f "$file" ] || [ -L "$file" ]; then aw_refuse no_package_data "$file is not there; fetch it first: apt-get install --reinstall --download-only $package"; fi
[ "$(dpkg-deb -f "$file" Package Version | tr '\n' ' ')" = "Package: ${package%%:*} Version: $version " ] || aw_refuse no_package_data "$file is another package."

# Below /usr only: in /etc and /var the scripts of packages set owners of their own. What has special bits, or a group other than root's, was set by such a script too.
aw_timed 60 dpkg-deb --fsys-tarfile "$file" | tar --numeric-owner --quoting-style=escape -tvf - 2>/dev/null |
  awk '$2 == "0/0" && $1 ~ /^[d-][r-][w-][x-][r-][w-][x-][r-][w-][x-]$/ && $6 ~ /^\.\/usr\/[A-Za-z0-9][A-Za-z0-9._+@\/-]*$/ && NF == 6 && $6 !~ /\/\.\.?\// {
    mode = 0; for (i = 2; i <= 10; i++) mode = mode * 2 + (substr($1, i, 1) != "-"); path = substr($6, 2); sub(/\/$/, "", path); printf "%o %s\n", mode, path }' |
  head -n 20000 >"$AW_DIR/paths"
[ -s "$AW_DIR/paths" ] || aw_refuse no_package_data "$package has nothing below /usr whose permissions are known."
overridden=$(dpkg-statoverride --list 2>/dev/null | awk '{ print $4 }')
while read -r mode path; do
  if [ ! -e "$path" ] || [ -L "$path" ]; then continue; fi
  has=$(stat -c '%a %g %u' -- "$path")
  [ "$has" != "$mode 0 0" ] || continue
  case $has in [1-7][0-7][0-7][0-7]' '*) continue ;; esac
  case $has in *' 0 '*) ;; *) continue ;; esac
  if printf '%s\n' "$overridden" | grep -Fqx -e "$path"; then continue; fi
  repair "$path" root:root "$mode"
done <"$AW_DIR/paths"
rm -f "$AW_DIR/paths"
tell
