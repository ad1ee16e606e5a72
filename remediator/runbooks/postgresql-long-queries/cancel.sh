# Cancels queries of ordinary users that run for too long: the query ends with an error and its transaction is rolled back; the session stays. Never those of superusers, of
# replication, of autovacuum and other workers, of backups, and never maintenance such as VACUUM or CREATE INDEX. Sessions are ended only when a person asked for it.
case $AW_INPUT_PORT$AW_INPUT_MINUTES$AW_INPUT_MAX_QUERIES in *[!0-9]*) aw_refuse no_number 'An input is no whole number.' ;; esac
aw_need psql runuser
# As the user postgres through the local socket, for which no password is needed and none is read.
sql() {
  printf '%s\n' "$2" | aw_timed "$1" runuser -u postgres -- env PGAPPNAME=alert-whisperer PGCONNECT_TIMEOUT=5 PGOPTIONS='-c search_path=pg_catalog -c statement_timeout=20000 -c lock_timeout=1000' \
    psql -XAtqw -F ' ' -v ON_ERROR_STOP=1 -p "$AW_INPUT_PORT" -d postgres -f - 2>"$AW_DIR/sql"
}
# Which sessions, in one place for both ways. Choosing and cancelling are one statement, so no other query of the session is hit.
chosen="from pg_stat_activity a join pg_roles r on r.oid = a.usesysid where a.backend_type = 'client backend' and a.state = 'active' and a.pid <> pg_backend_pid()
  and not r.rolsuper and not r.rolreplication and a.query_start < clock_timestamp() - interval '$AW_INPUT_MINUTES minutes' and a.query ~* '^[[:space:](]*(select|with|insert|update|delete|merge|values|table|fetch|execute)\\M'
  and a.application_name !~* '(pg_dump|pg_restore|pg_basebackup|pgbackrest|barman|wal-g|repack)'"
act() {
  sql 30 "select case when $1(pid) then 1 else 0 end, pid, minutes, regexp_replace(usename || '@' || datname, '[^A-Za-z0-9_@.-]', '?', 'g')
    from (select a.pid, extract(epoch from clock_timestamp() - a.query_start)::int / 60 as minutes, a.usename, a.datname $chosen order by a.query_start limit $AW_INPUT_MAX_QUERIES offset 0) c;"
}
told=$(act pg_cancel_backend) || {
  why=$(tail -n 1 "$AW_DIR/sql")
  rm -f "$AW_DIR/sql"
  aw_refuse not_reachable "PostgreSQL cannot be asked on port $AW_INPUT_PORT: $why"
}
tell() {
  printf '%s\n' "$1" >"$AW_DIR/told"
  number=0
  while read -r isDone pid minutes who; do
    [ "$isDone" = 1 ] || continue
    number=$((number + 1))
    aw_changed "$2 $pid of $who after $minutes minutes"
  done <"$AW_DIR/told"
  rm -f "$AW_DIR/told"
}
tell "$told" 'cancelled the query of session'
cancelled=$number
aw_fact cancelled "$cancelled"
terminated=0
if [ "${AW_INPUT_TERMINATE:-false}" = true ] && [ "$cancelled" -gt 0 ]; then
  # Those that did not heed it.
  waited=0
  left=1
  while [ "$waited" -lt 10 ] && [ "$left" -gt 0 ]; do
    sleep 1
    waited=$((waited + 1))
    left=$(sql 30 "select count(*) $chosen") || left=0
  done
  if [ "$left" -gt 0 ]; then
    told=$(act pg_terminate_backend) || aw_fail terminate_failed 'The sessions that did not heed it could not be ended.'
    tell "$told" 'ended session'
    terminated=$number
  fi
fi
rm -f "$AW_DIR/sql"
aw_fact terminated "$terminated"
if [ "$cancelled" -eq 0 ]; then aw_ok "No query of an ordinary user runs for more than $AW_INPUT_MINUTES minutes; nothing to do."; fi
aw_ok "Cancelled $cancelled queries and ended $terminated sessions."
