# Logs that a configuration of logrotate takes care of, and how many of them are too large. Looks only.
config=/etc/logrotate.d/$AW_INPUT_CONFIG
aw_need logrotate
if [ -L "$config" ] || [ ! -f "$config" ]; then aw_refuse no_configuration "There is no file $config."; fi
aw_timed 60 logrotate -d "$config" 2>&1 | sed -n 's/^considering log \(\/.*\)$/\1/p' | head -n 500 >"$AW_DIR/logs"
largest=0
large=0
while IFS= read -r log; do
  [ -f "$log" ] || continue
  kb=$(($(stat -L -c %s -- "$log") / 1024))
  if [ "$kb" -gt "$largest" ]; then largest=$kb; fi
  if [ "$kb" -ge "$((AW_INPUT_MIN_SIZE_MB * 1024))" ]; then large=$((large + 1)); fi
done <"$AW_DIR/logs"
aw_fact logs "$(wc -l <"$AW_DIR/logs")"
aw_fact tooLarge "$large"
aw_fact largestMegabytes "$((largest / 1024))"
rm -f "$AW_DIR/logs"
aw_ok "$large logs of $AW_INPUT_CONFIG are too large."
