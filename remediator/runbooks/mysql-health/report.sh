# How a MySQL or MariaDB server is: sessions, slow queries, locks, replication, size. Looks only, and tells no text of queries, which may hold secrets.
# As root through the local socket; a password, where one is needed, comes from root's own ~/.my.cnf or Debian's file, and is never seen here.
client=$(command -v mariadb || command -v mysql) || aw_refuse missing_command 'Neither mariadb nor mysql is installed.'
HOME=/root
export HOME
sql() {
  printf '%s\n' "$2" | aw_timed "$1" "$client" --protocol=socket --connect-timeout=5 --batch --skip-column-names 2>"$AW_DIR/sql"
}
if ! sql 10 'select 1' >/dev/null; then
  if [ -f /etc/mysql/debian.cnf ]; then
    sql() { printf '%s\n' "$2" | aw_timed "$1" "$client" --defaults-extra-file=/etc/mysql/debian.cnf --protocol=socket --connect-timeout=5 --batch --skip-column-names 2>"$AW_DIR/sql"; }
  fi
  if ! sql 10 'select 1' >/dev/null; then
    why=$(tail -n 1 "$AW_DIR/sql")
    rm -f "$AW_DIR/sql"
    aw_refuse not_reachable "MySQL cannot be asked: $why"
  fi
fi
sql 30 'select version()' >"$AW_DIR/told" && aw_fact serverVersion "$(cat "$AW_DIR/told")"
sql 30 'show global status' >"$AW_DIR/told" || aw_fail status_failed 'The server does not tell its status.'
sql 30 'show global variables' >>"$AW_DIR/told" || aw_fail status_failed 'The server does not tell its settings.'
awk -F '\t' 'BEGIN { split("Threads_connected connections Threads_running runningThreads max_connections maxConnections Max_used_connections mostConnections Slow_queries slowQueries Aborted_connects abortedConnects Innodb_row_lock_current_waits rowLockWaits Innodb_row_lock_waits rowLockWaitsSoFar Uptime uptimeSeconds read_only isReadOnly Innodb_buffer_pool_wait_free bufferPoolWaits Created_tmp_disk_tables diskTables", w, " "); for (i = 1; i in w; i += 2) name[w[i]] = w[i + 1] }
  $1 in name { v = $2; if (v == "ON") v = "true"; if (v == "OFF") v = "false"; print name[$1], v; value[$1] = $2 }
  END { if (value["max_connections"] > 0) print "connectionsUsedPercent", int(100 * value["Threads_connected"] / value["max_connections"]) }' "$AW_DIR/told" >"$AW_DIR/facts.some"
while read -r name value; do aw_fact "$name" "$value"; done <"$AW_DIR/facts.some"
rm -f "$AW_DIR/facts.some"
aw_fact longestQuerySeconds "$(sql 30 "select coalesce(max(time), 0) from information_schema.processlist where command in ('Query', 'Execute') and id <> connection_id()" | head -n 1)"
aw_fact sleepingSessions "$(sql 30 "select count(*) from information_schema.processlist where command = 'Sleep'" | head -n 1)"
aw_fact transactionsOverAMinute "$(sql 30 'select count(*) from information_schema.innodb_trx where trx_started < now() - interval 60 second' | head -n 1)"
aw_fact dataMegabytes "$(sql 60 'select coalesce(floor(sum(data_length + index_length) / 1048576), 0) from information_schema.tables' | head -n 1)"
# Older servers say slave, newer ones replica; one that is none says nothing.
printf 'show slave status\\G\n' >"$AW_DIR/ask"
if aw_timed 20 "$client" --protocol=socket --connect-timeout=5 <"$AW_DIR/ask" >"$AW_DIR/told" 2>/dev/null || { printf 'show replica status\\G\n' | aw_timed 20 "$client" --protocol=socket --connect-timeout=5 >"$AW_DIR/told" 2>/dev/null; }; then
  if [ -s "$AW_DIR/told" ]; then
    aw_fact isReplica true
    aw_fact replicationLagSeconds "$(awk '$1 ~ /^Seconds_Behind_(Master|Source):$/ { print $2 }' "$AW_DIR/told" | head -n 1)"
    aw_fact replicationRuns "$(awk '$1 ~ /^(Slave|Replica)_(IO|SQL)_Running:$/ { n++; if ($2 == "Yes") y++ } END { print ((n == 2 && y == 2) ? "true" : "false") }' "$AW_DIR/told")"
  else
    aw_fact isReplica false
  fi
fi
rm -f "$AW_DIR/ask" "$AW_DIR/told" "$AW_DIR/sql"
aw_ok 'The server answers.'
