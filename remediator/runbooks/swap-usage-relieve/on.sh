# Takes all swap of fstab into use again.
aw_need swapon
before=$(awk 'NR > 1' /proc/swaps | wc -l)
aw_timed 60 swapon -a 2>/dev/null || aw_fail swapon_failed 'swapon -a failed; look at /etc/fstab and at swapon --show.'
after=$(awk 'NR > 1' /proc/swaps | wc -l)
if [ "$after" -gt "$before" ]; then aw_changed "took $((after - before)) swap areas into use again"; fi
aw_ok "$after swap areas are in use."
