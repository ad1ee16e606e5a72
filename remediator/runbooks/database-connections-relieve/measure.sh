# How many of the connections a database server allows are in use. Looks only.
case $AW_INPUT_PORT in *[!0-9]*) aw_refuse no_number 'An input is no whole number.' ;; esac
postgresql() {
  printf '%s\n' "$1" | aw_timed 30 runuser -u postgres -- env PGAPPNAME=alert-whisperer PGCONNECT_TIMEOUT=5 PGOPTIONS='-c search_path=pg_catalog -c statement_timeout=20000' psql -XAtqw -v ON_ERROR_STOP=1 -p "$AW_INPUT_PORT" -d postgres -f - 2>/dev/null
}
mysql_root() {
  printf '%s\n' "$1" | HOME=/root aw_timed 30 "$client" --protocol=socket --connect-timeout=5 --batch --skip-column-names 2>/dev/null
}
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
    ;;
  mysql | mariadb)
    client=$(command -v mariadb || command -v mysql) || aw_refuse missing_command 'Neither mariadb nor mysql is installed.'
    told=$(mysql_root "select concat((select count(*) from information_schema.processlist), ' ', @@max_connections)") || aw_refuse not_reachable 'MySQL cannot be asked.'
    ;;
  *) aw_refuse engine_unknown "$engine is no engine known here." ;;
esac
case $told in *' 0' | *[!0-9\ ]* | '' | *' '*' '*) aw_fail answer_unreadable 'The server does not tell its connections as numbers.' ;; esac
aw_fact connections "${told% *}"
aw_fact maxConnections "${told#* }"
aw_fact connectionsUsedPercent "$((${told% *} * 100 / ${told#* }))"
aw_ok "${told% *} of ${told#* } connections are in use."
