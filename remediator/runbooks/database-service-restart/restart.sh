# Starts a database service that failed or came to an end by itself. Never touches one that runs, recovers, or that a cluster manager owns.
case $AW_INPUT_UNIT in
  postgresql*) program=postgres directory=/var/lib/postgresql; [ -d "$directory" ] || directory=/var/lib/pgsql ;;
  mysql* | mariadb*) program='mysqld mariadbd' directory=/var/lib/mysql ;;
  redis*) program=redis-server directory=/var/lib/redis ;;
  mongod*) program=mongod directory=/var/lib/mongodb; [ -d "$directory" ] || directory=/var/lib/mongo ;;
  *) aw_refuse unit_name_invalid 'the name is not one of a database service' ;;
esac
aw_unit_read "$AW_INPUT_UNIT"
if [ "$AW_UNIT_ACTIVE" = active ] && [ "$AW_UNIT_TYPE" != oneshot ]; then
  aw_unit_facts
  aw_ok "$AW_UNIT runs already; nothing was changed"
fi
[ "$AW_UNIT_TYPE" != oneshot ] || aw_refuse unit_is_job "$AW_UNIT only stands for its instances; name one, such as postgresql@15-main"
case $AW_UNIT_ACTIVE in
  activating | reloading) [ "$AW_UNIT_SUB" = auto-restart ] || aw_refuse recovery_running "$AW_UNIT is starting, which may be its recovery; to interrupt that would do harm" ;;
esac
for manager in pacemaker patroni repmgrd stolon-keeper; do
  if [ "$(timeout 10 systemctl is-active -- "$manager.service" 2>/dev/null)" = active ]; then aw_refuse cluster_manages_it "$manager decides when the database runs"; fi
done
if [ "$AW_INPUT_STOPPED_TOO" = true ]; then aw_unit_may_start stopped_too; else aw_unit_may_start; fi

# A process of the database that is still there, be it left over or started by hand, may hold the data; a second one beside it could destroy them.
looked=0
for directory_of_process in /proc/[0-9]*; do
  looked=$((looked + 1))
  [ "$looked" -le 20000 ] || aw_refuse too_many_processes 'this machine has more processes than this looks through'
  name=$(cat "$directory_of_process/comm" 2>/dev/null) || continue
  case " $program " in *" $name "*) ;; *) continue ;; esac
  group=$(head -c 2000 "$directory_of_process/cgroup" 2>/dev/null) || continue
  case $group in
    *"/$AW_UNIT"*) aw_refuse process_remains "process ${directory_of_process#/proc/} of $AW_UNIT is still there" ;;
    *docker* | *libpod* | *kubepods* | *containerd* | *.service*) ;;
    *) aw_refuse process_by_hand "process ${directory_of_process#/proc/} ($name) runs outside of any service and may hold the data" ;;
  esac
done

if [ -d "$directory" ]; then
  freeKb=$(df -Pk -- "$directory" | awk 'NR == 2 { print $4 }')
  case $freeKb in '' | *[!0-9]*) aw_refuse disk_unknown "the free space of $directory cannot be read" ;; esac
  aw_fact freeKb "$freeKb"
  [ "$freeKb" -ge 204800 ] || aw_refuse disk_full "only $freeKb KB are free at $directory; make room first, or it will end again and may do harm"
fi
aw_unit_call start
aw_changed "start $AW_UNIT (was $AW_UNIT_WAS)"
aw_unit_settle
aw_ok "$AW_UNIT runs"
