# Swap in use. Looks only.
[ -r /proc/swaps ] || aw_refuse no_swap_figures 'There is no /proc/swaps.'
told=$(awk 'NR > 1 { size += $3; used += $4; n++ } END { printf "%d %d %d\n", n, size / 1024, (size > 0 ? used * 100 / size : 0) }' /proc/swaps)
aw_fact swapAreas "${told%% *}"
told=${told#* }
aw_fact swapMegabytes "${told% *}"
aw_fact swapUsedPercent "${told#* }"
aw_ok "${told#* } percent of swap are in use."
