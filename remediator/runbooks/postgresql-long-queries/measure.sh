# Queries of users that run for too long. Looks only.
case $AW_INPUT_PORT$AW_INPUT_MINUTES in *[!0-9]*) aw_refuse no_number 'An input is no whole number.' ;; esac
aw_need psql runuser
# As the user postgres through the local socket, for which no password is needed and none is read.
sql() {
  printf '%s\n' "$2" | aw_timed "$1" runuser -u postgres -- env PGAPPNAME=alert-whisperer PGCONNECT_TIMEOUT=5 PGOPTIONS='-c search_path=pg_catalog -c statement_timeout=20000 -c lock_timeout=1000' \
    psql -XAtqw -F ' ' -v ON_ERROR_STOP=1 -p "$AW_INPUT_PORT" -d postgres -f - 2>"$AW_DIR/sql"
}
told=$(sql 30 "select count(*) from pg_stat_activity a join pg_roles r on r.oid = a.usesysid where a.backend_type = 'client backend' and a.state = 'active' and a.pid <> pg_backend_pid()
  and not r.rolsuper and not r.rolreplication and a.query_start < clock_timestamp() - interval '$AW_INPUT_MINUTES minutes' and a.query ~* '^[[:space:](]*(select|with|insert|update|delete|merge|values|table|fetch|execute)\\M'
  and a.application_name !~* '(pg_dump|pg_restore|pg_basebackup|pgbackrest|barman|wal-g|repack)';") || {
  why=$(tail -n 1 "$AW_DIR/sql")
  rm -f "$AW_DIR/sql"
  aw_refuse not_reachable "PostgreSQL cannot be asked on port $AW_INPUT_PORT: $why"
}
rm -f "$AW_DIR/sql"
aw_fact longQueries "$told"
aw_ok "$told queries run for more than $AW_INPUT_MINUTES minutes."
