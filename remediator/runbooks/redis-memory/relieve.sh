# Has Redis forget keys whose time is over, and give memory it holds in reserve back to the system. No living key is touched, and no setting is changed.
case $AW_INPUT_PORT in *[!0-9]*) aw_refuse no_number 'An input is no whole number.' ;; esac
aw_need redis-cli awk
# Anybody may listen at a port where no server does. Only one of root's or of the server's own account is asked and told a password.
owners=$(awk -v port="$(printf ':%04X' "$AW_INPUT_PORT")" '$4 == "0A" && substr($2, length($2) - 4) == port { print $8 }' /proc/net/tcp /proc/net/tcp6 2>/dev/null | sort -u)
for owner in $owners; do
  known=false
  for account in root redis valkey; do
    if [ "$(id -u "$account" 2>/dev/null)" = "$owner" ]; then known=true; fi
  done
  [ "$known" = true ] || aw_refuse not_redis "Port $AW_INPUT_PORT belongs to the user $owner, who is neither root nor redis."
done
# The password, where one is needed, is root's to read in the server's own file; it goes to redis-cli by its environment and is never told.
ask() { aw_timed 20 redis-cli -h 127.0.0.1 -p "$AW_INPUT_PORT" --no-auth-warning "$@" 2>/dev/null </dev/null; }
if [ "$(ask ping)" != PONG ]; then
  for file in /etc/redis/redis.conf /etc/redis.conf "/etc/redis/$AW_INPUT_PORT.conf"; do
    [ -f "$file" ] || continue
    REDISCLI_AUTH=$(awk '$1 == "requirepass" { value = $2 } END { gsub(/^"|"$/, "", value); print value }' "$file")
    export REDISCLI_AUTH
    if [ "$(ask ping)" = PONG ]; then break; fi
  done
fi
[ "$(ask ping)" = PONG ] || aw_refuse not_reachable "Redis does not answer on port $AW_INPUT_PORT."
info() { ask info all | tr -d '\r'; }
figures() {
  info | awk -F: '{ v[$1] = $2 } END { m = v["maxmemory"]; printf "%d %d %d %s %s %s\n", v["used_memory"], v["used_memory_rss"], (m > 0 ? v["used_memory"] * 100 / m : 0), (v["mem_fragmentation_ratio"] == "" ? 0 : v["mem_fragmentation_ratio"]), (v["mem_allocator"] == "" ? "unknown" : v["mem_allocator"]), v["role"] }'
}
figures >"$AW_DIR/figures"
read -r used rss _ fragmentation allocator role <"$AW_DIR/figures"
[ "$role" = master ] || aw_refuse is_replica 'This server is a replica; keys expire on its master.'
if [ -n "$(info | awk -F: '$1 == "loading" && $2 != 0')" ]; then aw_refuse is_loading 'Redis loads its data.'; fi
# As a number: what a server says is never text of an arithmetic expression, which some shells would run.
expired() { info | awk -F: '$1 == "expired_keys" { v = $2 } END { printf "%d\n", v }'; }
before=$(expired)
# Looking at a key whose time is over removes it. SCAN looks at them in small parts and holds nobody up; a database that is too large is looked at in part.
steps=0
deadline=$(($(date +%s) + 60))
for database in $(info | sed -n 's/^db\([0-9]*\):.*expires=[1-9].*/\1/p'); do
  cursor=0
  while [ "$steps" -lt 5000 ] && [ "$(date +%s)" -lt "$deadline" ]; do
    steps=$((steps + 1))
    cursor=$(ask -n "$database" scan "$cursor" count 1000 | head -n 1)
    case $cursor in '' | 0 | *[!0-9]*) break ;; esac
  done
done
gone=$(($(expired) - before))
if [ "$gone" -gt 0 ]; then aw_changed "$gone keys whose time was over were removed"; fi
aw_fact expiredKeys "$gone"

# Only where a good part of what it holds is in reserve.
purged=false
case $allocator in
  jemalloc*)
    if [ "$((rss - used))" -gt 33554432 ] && [ "$((rss * 10 / (used + 1)))" -ge 13 ]; then
      [ "$(ask memory purge)" = OK ] || aw_fail purge_failed 'Redis did not give memory back.'
      figures >"$AW_DIR/figures"
      read -r used after _ fragmentation allocator role <"$AW_DIR/figures"
      if [ "$((rss - after))" -gt 1048576 ]; then
        aw_changed "gave $(((rss - after) / 1048576)) MB held in reserve back to the system"
        purged=true
      fi
      rss=$after
    fi
    ;;
esac
rm -f "$AW_DIR/figures"
aw_fact purged "$purged"
aw_fact usedMegabytes "$((used / 1048576))"
aw_fact residentMegabytes "$((rss / 1048576))"
aw_fact fragmentationRatio "$fragmentation"
aw_ok "Removed $gone keys whose time was over; Redis uses $((used / 1048576)) MB."
