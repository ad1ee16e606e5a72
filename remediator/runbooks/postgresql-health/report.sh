# How a PostgreSQL server is: sessions, locks, age, bloat, replication, size. Looks only, and tells no text of queries, which may hold secrets.
case $AW_INPUT_PORT in *[!0-9]*) aw_refuse no_number 'An input is no whole number.' ;; esac
aw_need psql runuser
# As the user postgres through the local socket, for which no password is needed and none is read.
sql() {
  printf '%s\n' "$2" | aw_timed "$1" runuser -u postgres -- env PGAPPNAME=alert-whisperer PGCONNECT_TIMEOUT=5 PGOPTIONS='-c search_path=pg_catalog -c statement_timeout=20000 -c lock_timeout=1000' \
    psql -XAtqw -F ' ' -v ON_ERROR_STOP=1 -p "$AW_INPUT_PORT" -d postgres -f - 2>"$AW_DIR/sql"
}
told=$(sql 30 "set default_transaction_read_only = on;
select 'serverVersion', current_setting('server_version_num');
select 'isReplica', pg_is_in_recovery();
select 'connections', count(*) from pg_stat_activity where backend_type = 'client backend';
select 'maxConnections', current_setting('max_connections');
select 'connectionsUsedPercent', 100 * (select count(*) from pg_stat_activity where backend_type = 'client backend') / current_setting('max_connections')::int;
select 'activeSessions', count(*) from pg_stat_activity where backend_type = 'client backend' and state = 'active' and pid <> pg_backend_pid();
select 'idleInTransaction', count(*) from pg_stat_activity where state like 'idle in transaction%';
select 'longestTransactionSeconds', coalesce(max(extract(epoch from now() - xact_start)), 0)::int from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid();
select 'longestQuerySeconds', coalesce(max(extract(epoch from now() - query_start)), 0)::int from pg_stat_activity where backend_type = 'client backend' and state = 'active' and pid <> pg_backend_pid();
select 'blockedSessions', count(*) from pg_stat_activity where cardinality(pg_blocking_pids(pid)) > 0;
select 'waitingLocks', count(*) from pg_locks where not granted;
select 'deadlocks', coalesce(sum(deadlocks), 0) from pg_stat_database;
select 'databasesMegabytes', coalesce(sum(pg_database_size(oid)), 0)::bigint / 1048576 from pg_database where datallowconn;
select 'oldestTransactionAgePercent', (100 * max(age(datfrozenxid)::bigint) / 2000000000)::int from pg_database;
select 'replicas', count(*) from pg_stat_replication;
select 'inactiveSlots', count(*) from pg_replication_slots where not active;
select 'preparedTransactions', count(*) from pg_prepared_xacts;
select 'autovacuum', current_setting('autovacuum');
select 'replicationLagSeconds', case when pg_is_in_recovery() then coalesce(extract(epoch from now() - pg_last_xact_replay_timestamp()), 0)::int else (select coalesce(max(extract(epoch from replay_lag)), 0)::int from pg_stat_replication) end;") || {
  why=$(tail -n 1 "$AW_DIR/sql")
  rm -f "$AW_DIR/sql"
  aw_refuse not_reachable "PostgreSQL cannot be asked on port $AW_INPUT_PORT: $why"
}
# Dead rows are told for each database on its own; the largest are the ones that matter.
databases=$(sql 30 "select quote_ident(datname) from pg_database where datallowconn and not datistemplate and datname ~ '^[A-Za-z0-9_-]+\$' order by pg_database_size(oid) desc limit 10") || databases=
rm -f "$AW_DIR/sql"
dead=0
rows=0
for database in $databases; do
  database=$(printf '%s' "$database" | tr -d '"')
  line=$(aw_timed 30 runuser -u postgres -- env PGAPPNAME=alert-whisperer PGCONNECT_TIMEOUT=5 PGOPTIONS='-c search_path=pg_catalog -c statement_timeout=20000' \
    psql -XAtqw -F ' ' -p "$AW_INPUT_PORT" -d "$database" -c 'select coalesce(sum(n_dead_tup), 0), coalesce(sum(n_live_tup), 0) from pg_stat_user_tables' 2>/dev/null) || continue
  case $line in *[!0-9\ ]* | *' '*' '*) continue ;; esac
  dead=$((dead + ${line% *}))
  rows=$((rows + ${line#* } + ${line% *}))
done
aw_fact deadRowsPercent "$((rows > 0 ? dead * 100 / rows : 0))"
printf '%s\n' "$told" >"$AW_DIR/told"
while read -r name value; do
  case $value in t) value=true ;; f) value=false ;; esac
  aw_fact "$name" "$value"
done <"$AW_DIR/told"
rm -f "$AW_DIR/told"
aw_ok "PostgreSQL on port $AW_INPUT_PORT answers."
