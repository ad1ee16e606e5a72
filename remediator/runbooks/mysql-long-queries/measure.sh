# Reading queries of users that run for too long. Looks only.
case $AW_INPUT_MINUTES in *[!0-9]*) aw_refuse no_number 'An input is no whole number.' ;; esac
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
told=$(sql 30 "select count(*) from information_schema.processlist where command in ('Query', 'Execute') and time >= $AW_INPUT_MINUTES * 60 and id <> connection_id()
  and user not in ('root', 'system user', 'event_scheduler', 'mysql.sys', 'mysql.session', 'mariadb.sys', 'debian-sys-maint') and user not like '%repl%' and user not like '%backup%'
  and lower(ltrim(info)) regexp '^[(]*(select|with)[[:space:]]' and lower(info) not like '%sql_no_cache%from%'
  and not (lower(ltrim(info)) regexp '^[(]*with[[:space:]]' and lower(info) regexp '[^a-z0-9_](update|delete)([^a-z0-9_]|$)') and lower(info) not regexp '[^a-z0-9_]into[[:space:]]+(outfile|dumpfile)[^a-z0-9_]'") || aw_fail not_told 'The server does not tell its sessions.'
rm -f "$AW_DIR/sql"
aw_fact longQueries "$told"
aw_ok "$told reading queries run for more than $AW_INPUT_MINUTES minutes."
