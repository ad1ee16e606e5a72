# Deletes rotated logs that are old, and archived journals. What tells who logged in, audit records and the binary logs of databases stay, whatever their age.
days=$AW_INPUT_MIN_AGE_DAYS
aw_swept=0
aw_swept_kb=0
aw_place /var/log || aw_refuse no_log_directory 'There is no /var/log.'
aw_on_volume /var/log "${AW_INPUT_VOLUME:-}"
aw_meant /var/log "${AW_INPUT_VOLUME:-}"
aw_sweep /var/log 4 5000 120 -mtime "+$days" \
  ! -path '/var/log/journal/*' ! -path '/var/log/audit/*' ! -path '/var/log/sudo-io/*' \
  ! -name 'auth.log*' ! -name 'secure*' ! -name 'wtmp*' ! -name 'btmp*' ! -name 'lastlog*' ! -name 'faillog*' ! -iname '*audit*' ! -name 'sudo*' \
  ! -name '*-bin.*' ! -name '*binlog*' ! -name '*relay*' ! -name '*.sql*' ! -name '*dump*' ! -name '*backup*' ! -name '*.tar*' \
  \( -name '*.log.[1-9]' -o -name '*.log.[1-9][0-9]' -o -name 'syslog.[1-9]' -o -name 'messages.[1-9]' -o -name '*.log.old' \
  -o -name '*.[1-9].gz' -o -name '*.[1-9][0-9].gz' -o -name '*.[1-9].xz' -o -name '*.[1-9][0-9].xz' -o -name '*.[1-9].bz2' -o -name '*.[1-9][0-9].bz2' -o -name '*.[1-9].zst' -o -name '*.[1-9][0-9].zst' \
  -o -name '*.log.gz' -o -name '*.log.xz' -o -name '*.log.bz2' -o -name '*.log.zst' \
  -o -name '*-20[0-9][0-9][01][0-9][0-3][0-9]' -o -name '*-20[0-9][0-9][01][0-9][0-3][0-9].gz' -o -name '*-20[0-9][0-9][01][0-9][0-3][0-9].xz' -o -name '*-20[0-9][0-9][01][0-9][0-3][0-9].zst' \)
if [ "$aw_swept" -gt 0 ]; then aw_changed "deleted $aw_swept rotated logs older than $days days below /var/log ($aw_swept_kb KB)"; fi

journal_kb=0
if command -v journalctl >/dev/null 2>&1 && aw_place /var/log/journal; then
  before=$(du -skx /var/log/journal | cut -f 1)
  aw_timed 120 journalctl --quiet --vacuum-time="${days}d" >/dev/null 2>&1 || aw_fail journal_vacuum_failed 'journalctl could not remove archived journals.'
  journal_kb=$((before - $(du -skx /var/log/journal | cut -f 1)))
  if [ "$journal_kb" -gt 0 ]; then aw_changed "removed archived journals older than $days days ($journal_kb KB)"; else journal_kb=0; fi
fi
aw_fact deletedFiles "$aw_swept"
aw_fact freedMegabytes "$(((aw_swept_kb + journal_kb) / 1024))"
aw_disk /var/log
aw_ok "Deleted $aw_swept rotated logs and $journal_kb KB of archived journals."
