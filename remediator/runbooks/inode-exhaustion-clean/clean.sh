# Removes session and upload files that their programs left behind, in the places and by the names these programs use, and nothing else.
volume=${AW_INPUT_VOLUME:-/}
hours=$AW_INPUT_MIN_AGE_HOURS
aw_swept=0
max=$AW_INPUT_MAX_FILES
aw_place "$volume" || aw_refuse no_such_volume "$volume does not exist."
aw_meant "$volume" "${AW_INPUT_VOLUME:-}"
device=$(stat -c %d -- "$volume")
minutes=$((hours * 60))

# sweep place depth tests...
sweep() {
  aw_place "$1" || return 0
  [ "$(stat -c %d -- "$1")" = "$device" ] || return 0
  [ "$aw_swept" -lt "$max" ] || return 0
  place=$1
  had=$aw_swept
  depth=$2
  shift 2
  aw_sweep "$place" "$depth" "$((max - aw_swept))" 120 -mmin "+$minutes" "$@"
  if [ "$aw_swept" -gt "$had" ]; then aw_changed "deleted $((aw_swept - had)) session and temporary files older than $hours hours in $place"; fi
}
for place in /var/lib/php/sessions /var/lib/php/session /var/lib/php5 /var/lib/php5/sessions; do sweep "$place" 1 -name 'sess_*'; done
for place in /tmp /var/tmp; do
  sweep "$place" 1 \( -name 'sess_*' -o -name 'php??????' -o -name 'magick-*' -o -name 'RackMultipart*' -o -name 'tmp.??????????' -o -name 'rpm-tmp.??????' \)
done
aw_fact deletedFiles "$aw_swept"
aw_disk "$volume"
if [ "$aw_swept" -eq 0 ]; then aw_ok "No session or temporary file on $volume is recognised and older than $hours hours; nothing to do."; fi
aw_ok "Deleted $aw_swept session and temporary files on $volume."
