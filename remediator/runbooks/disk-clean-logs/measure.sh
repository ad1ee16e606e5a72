# Space on the file system of /var/log. Looks only.
aw_place /var/log || aw_refuse no_log_directory 'There is no /var/log.'
aw_on_volume /var/log "${AW_INPUT_VOLUME:-}"
aw_disk /var/log
aw_ok 'Measured the file system of /var/log.'
