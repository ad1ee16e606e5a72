# The directories that hold most files on a volume. Looks only; what it found in two minutes is told where there is too much.
volume=${AW_INPUT_VOLUME:-/}
aw_place "$volume" || aw_refuse no_such_volume "$volume does not exist."
aw_need find awk
aw_disk "$volume"
aw_timed 120 find -P "$volume" -xdev -printf '%h\n' 2>/dev/null | awk '{ n[$0]++ } END {
  for (round = 1; round <= 5; round++) { best = ""; for (d in n) if (best == "" || n[d] > n[best]) best = d; if (best == "") exit; print n[best], best; delete n[best] } }' >"$AW_DIR/found"
at=0
while IFS= read -r line; do
  at=$((at + 1))
  aw_fact "directory$at" "$line"
done <"$AW_DIR/found"
rm -f "$AW_DIR/found"
aw_ok "Told the $at directories of $volume with most files."
