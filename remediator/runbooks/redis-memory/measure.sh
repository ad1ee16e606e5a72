# Memory of a Redis server. Looks only.
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
read -r used rss percent fragmentation allocator role <"$AW_DIR/figures"
rm -f "$AW_DIR/figures"
aw_fact usedMegabytes "$((used / 1048576))"
aw_fact residentMegabytes "$((rss / 1048576))"
aw_fact usedOfLimitPercent "$percent"
aw_fact fragmentationRatio "$fragmentation"
aw_fact allocator "$allocator"
aw_fact role "$role"
aw_fact policy "$(info | awk -F: '$1 == "maxmemory_policy" { print $2 }')"
aw_fact evictedKeys "$(info | awk -F: '$1 == "evicted_keys" { print $2 }')"
aw_ok "Redis uses $((used / 1048576)) MB."
