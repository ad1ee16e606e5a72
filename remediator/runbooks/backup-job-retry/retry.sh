# Starts a backup job again that failed. Leaves alone one that works, one that ended well, and everything while any backup works on this machine.
aw_unit_read "$AW_INPUT_JOB"
case $AW_UNIT in
  *restic* | *borg* | *backup* | *rsnapshot* | *duplicity* | *kopia*) ;;
  *) aw_refuse no_backup_job "$AW_UNIT is not named as a backup" ;;
esac
[ "$AW_UNIT_TYPE" = oneshot ] || [ "$AW_UNIT_TYPE" = simple ] || aw_refuse unit_not_job "$AW_UNIT is of type $AW_UNIT_TYPE, not a job"
case $AW_UNIT in *prune* | *forget* | *check* | *restore* | *mount* | *delet* | *clean* | *purge* | *expire* | *remove* | *wipe* | *compact* | *unlock* | *init* | *maint*) aw_refuse no_backup_job "$AW_UNIT does more, or other things, than make a backup" ;; esac
case $AW_UNIT_ACTIVE in
  failed) ;;
  activating | active | reloading | deactivating) aw_refuse job_running "$AW_UNIT works now" ;;
  *) aw_fact jobState "$AW_UNIT_RESULT"; aw_ok "$AW_UNIT did not fail; nothing was changed" ;;
esac
[ "$AW_UNIT_RELOAD" != yes ] || aw_refuse unit_changed "the file of $AW_UNIT was changed and systemd has not read it yet"
looked=0
for process in /proc/[0-9]*; do
  looked=$((looked + 1))
  [ "$looked" -le 20000 ] || aw_refuse too_many_processes 'this machine has more processes than this looks through'
  case $(head -c 60 "$process/comm" 2>/dev/null) in
    restic | borg | borgmatic | rsnapshot | duplicity | kopia) aw_refuse backup_running "a backup works now (process ${process#/proc/}); two at once may lock each other out" ;;
  esac
done
# Without reset-failed: a job that waits for its turn would look as if it had ended well. Not waited for: it takes as long as it takes, and the verification looks how it ended.
timeout 30 systemctl --no-ask-password --no-block start -- "$AW_UNIT" >/dev/null 2>&1 || aw_fail start_failed "$AW_UNIT could not be started"
aw_changed "started $AW_UNIT again"
aw_ok "$AW_UNIT was started again"
