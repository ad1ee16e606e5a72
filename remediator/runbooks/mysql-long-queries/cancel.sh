# Cancels queries of ordinary users that only read and run for too long; the session stays. Never those of root, of the system, of replication or of a backup, and never what
# writes: a write to a table without transactions would stop half-way. mysqldump reads with SQL_NO_CACHE and is left alone by that.
# MySQL 8 also writes with `with ... update` and `with ... delete`, and into files.
case $AW_INPUT_MINUTES$AW_INPUT_MAX_QUERIES in *[!0-9]*) aw_refuse no_number 'An input is no whole number.' ;; esac
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
chosen="from information_schema.processlist where command in ('Query', 'Execute') and time >= $AW_INPUT_MINUTES * 60 and id <> connection_id()
  and user not in ('root', 'system user', 'event_scheduler', 'mysql.sys', 'mysql.session', 'mariadb.sys', 'debian-sys-maint') and user not like '%repl%' and user not like '%backup%'
  and lower(ltrim(info)) regexp '^[(]*(select|with)[[:space:]]' and lower(info) not like '%sql_no_cache%from%'
  and not (lower(ltrim(info)) regexp '^[(]*with[[:space:]]' and lower(info) regexp '[^a-z0-9_](update|delete)([^a-z0-9_]|$)') and lower(info) not regexp '[^a-z0-9_]into[[:space:]]+(outfile|dumpfile)[^a-z0-9_]'"
# MariaDB numbers each query: cancelling by that number cannot hit the next query of the session. MySQL does not; there it is looked at once more right before.
isMariadb=$(sql 10 "select version() like '%mariadb%'") || isMariadb=0
number=id
if [ "$isMariadb" = 1 ]; then number=query_id; fi
sql 30 "select id, $number, time div 60, user $chosen order by time desc limit $AW_INPUT_MAX_QUERIES" >"$AW_DIR/found" || aw_fail not_told 'The server does not tell its sessions.'
cancelled=0
while IFS='	' read -r id query minutes user; do
  case $id$query$minutes in *[!0-9]*) continue ;; esac
  if [ "$isMariadb" = 1 ]; then
    sql 10 "kill query id $query" >/dev/null </dev/null || continue
  else
    [ "$(sql 10 "select count(*) $chosen and id = $id" </dev/null)" = 1 ] || continue
    sql 10 "kill query $id" >/dev/null </dev/null || continue
  fi
  cancelled=$((cancelled + 1))
  aw_changed "cancelled the query of session $id of $user after $minutes minutes"
done <"$AW_DIR/found"
rm -f "$AW_DIR/found" "$AW_DIR/sql"
aw_fact cancelled "$cancelled"
if [ "$cancelled" -eq 0 ]; then aw_ok "No reading query of an ordinary user runs for more than $AW_INPUT_MINUTES minutes; nothing to do."; fi
aw_ok "Cancelled $cancelled queries."
