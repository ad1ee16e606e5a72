# Ends sessions of ordinary users that have done nothing for a long time, when the server runs out of connections. A session inside a transaction loses what it had not
# committed. Sessions of superusers, replication, backups (a parallel one waits in its transaction for hours) and the system stay, and so does every session that works.
case $AW_INPUT_PORT$AW_INPUT_IDLE_MINUTES$AW_INPUT_MIN_USED_PERCENT$AW_INPUT_MAX_SESSIONS in *[!0-9]*) aw_refuse no_number 'An input is no whole number.' ;; esac
postgresql() {
  printf '%s\n' "$1" | aw_timed 30 runuser -u postgres -- env PGAPPNAME=alert-whisperer PGCONNECT_TIMEOUT=5 PGOPTIONS='-c search_path=pg_catalog -c statement_timeout=20000' psql -XAtqw -F ' ' -v ON_ERROR_STOP=1 -p "$AW_INPUT_PORT" -d postgres -f - 2>/dev/null
}
mysql_root() {
  printf '%s\n' "$1" | HOME=/root aw_timed 30 "$client" --protocol=socket --connect-timeout=5 --batch --skip-column-names 2>/dev/null
}
few() {
  case $1 in *' 0' | *[!0-9\ ]* | '' | *' '*' '*) aw_fail answer_unreadable 'The server does not tell its connections as numbers.' ;; esac
  if [ "$((${1% *} * 100 / ${1#* }))" -ge "$AW_INPUT_MIN_USED_PERCENT" ]; then return; fi
  aw_fact ended 0
  aw_ok "${1% *} of ${1#* } connections are in use, less than $AW_INPUT_MIN_USED_PERCENT percent; nothing to do."
}
ended=0
engine=$AW_INPUT_ENGINE
if [ "$engine" = auto ]; then
  client=$(command -v mariadb || command -v mysql || echo false)
  engine=
  if postgresql 'select 1' >/dev/null; then engine=postgresql; fi
  if mysql_root 'select 1' >/dev/null; then engine=${engine}mysql; fi
  case $engine in
    '') aw_refuse not_reachable 'Neither PostgreSQL nor MySQL answers here.' ;;
    postgresqlmysql) aw_refuse several_engines 'PostgreSQL and MySQL both answer here; say which one is meant.' ;;
  esac
fi
aw_fact engine "$engine"
case $engine in
  postgresql)
    aw_need psql runuser
    told=$(postgresql "select count(*) || ' ' || current_setting('max_connections') from pg_stat_activity where backend_type = 'client backend'") || aw_refuse not_reachable "PostgreSQL cannot be asked on port $AW_INPUT_PORT."
    few "$told"
    # Choosing and ending are one statement: a session that begins to work meanwhile is not hit.
    postgresql "select case when pg_terminate_backend(pid) then 1 else 0 end, pid, minutes, replace(state, ' ', '_'), regexp_replace(usename || '@' || datname, '[^A-Za-z0-9_@.-]', '?', 'g')
      from (select a.pid, extract(epoch from clock_timestamp() - a.state_change)::int / 60 as minutes, a.state, a.usename, a.datname
        from pg_stat_activity a join pg_roles r on r.oid = a.usesysid
        where a.backend_type = 'client backend' and a.pid <> pg_backend_pid() and a.state in ('idle', 'idle in transaction', 'idle in transaction (aborted)')
          and a.state_change < clock_timestamp() - interval '$AW_INPUT_IDLE_MINUTES minutes' and not r.rolsuper and not r.rolreplication
          and a.application_name !~* '(pg_dump|pg_restore|pg_basebackup|pgbackrest|barman|wal-g|repack)'
        order by a.state_change limit $AW_INPUT_MAX_SESSIONS offset 0) c" >"$AW_DIR/told" || aw_fail not_ended 'PostgreSQL did not end the sessions.'
    while read -r isDone pid minutes state who; do
      [ "$isDone" = 1 ] || continue
      ended=$((ended + 1))
      aw_changed "ended session $pid of $who, $state for $minutes minutes"
    done <"$AW_DIR/told"
    rm -f "$AW_DIR/told"
    ;;
  mysql | mariadb)
    client=$(command -v mariadb || command -v mysql) || aw_refuse missing_command 'Neither mariadb nor mysql is installed.'
    told=$(mysql_root "select concat((select count(*) from information_schema.processlist), ' ', @@max_connections)") || aw_refuse not_reachable 'MySQL cannot be asked.'
    few "$told"
    chosen="from information_schema.processlist where command = 'Sleep' and time >= $AW_INPUT_IDLE_MINUTES * 60 and id <> connection_id()
      and user not in ('root', 'system user', 'event_scheduler', 'mysql.sys', 'mysql.session', 'mariadb.sys', 'debian-sys-maint') and user not like '%repl%' and user not like '%backup%'"
    mysql_root "select id, time div 60, user $chosen order by time desc limit $AW_INPUT_MAX_SESSIONS" >"$AW_DIR/told" || aw_fail not_told 'MySQL does not tell its sessions.'
    while IFS='	' read -r id minutes user; do
      case $id$minutes in *[!0-9]*) continue ;; esac
      # Looked at once more right before: it may have begun to work.
      [ "$(mysql_root "select count(*) $chosen and id = $id" </dev/null)" = 1 ] || continue
      mysql_root "kill connection $id" >/dev/null </dev/null || continue
      ended=$((ended + 1))
      aw_changed "ended session $id of $user, asleep for $minutes minutes"
    done <"$AW_DIR/told"
    rm -f "$AW_DIR/told"
    ;;
  *) aw_refuse engine_unknown "$engine is no engine known here." ;;
esac
aw_fact ended "$ended"
aw_ok "Ended $ended sessions that had done nothing for $AW_INPUT_IDLE_MINUTES minutes."
