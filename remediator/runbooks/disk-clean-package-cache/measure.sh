# Space on the file system of the package cache. Looks only.
place=/var/cache
aw_place "$place" || aw_refuse no_cache_directory 'There is no /var/cache.'
aw_on_volume "$place" "${AW_INPUT_VOLUME:-}"
aw_disk "$place"
aw_ok 'Measured the file system of /var/cache.'
