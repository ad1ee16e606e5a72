# Has the kernel forget the page cache, when it is a good part of memory and programs alone would not fill it. Nothing is lost: what was changed is written first.
if [ ! -r /proc/meminfo ] || [ ! -w /proc/sys/vm/drop_caches ]; then aw_refuse not_allowed 'The page cache cannot be dropped here, as in a container.'; fi
measure() {
  awk '{ v[$1] = $2 } END { t = v["MemTotal:"]; if (t <= 0) exit 1
    c = v["Cached:"] + v["Buffers:"] - v["Shmem:"]; if (c < 0) c = 0
    printf "%d %d %d %d\n", t, v["MemFree:"], v["MemAvailable:"], c }' /proc/meminfo || aw_refuse no_memory_figures '/proc/meminfo is not as expected.'
}
told=$(measure)
# shellcheck disable=SC2086
set -- $told
total=$1 free=$2 available=$3 cache=$4
aw_fact freeBeforeMegabytes "$((free / 1024))"
aw_fact cacheBeforeMegabytes "$((cache / 1024))"
if [ "$((cache * 100 / total))" -lt "$AW_INPUT_MIN_CACHE_PERCENT" ]; then
  aw_ok "The page cache is $((cache * 100 / total)) percent of memory; dropping it would not help."
fi
# Programs need what they have: dropping the cache then only makes them read it from disk again.
if [ "$((available * 100 / total))" -lt 5 ]; then aw_refuse programs_need_memory 'Less than 5 percent of memory are available: it is programs that use it, not the page cache.'; fi
aw_timed 60 sync
printf '1\n' >/proc/sys/vm/drop_caches || aw_fail drop_failed 'The kernel did not drop the page cache.'
told=$(measure)
# shellcheck disable=SC2086
set -- $told
aw_fact freeAfterMegabytes "$(($2 / 1024))"
aw_fact cacheAfterMegabytes "$(($4 / 1024))"
aw_changed "dropped the page cache ($((($2 - free) / 1024)) MB more are free)"
aw_ok "Dropped the page cache: $((free / 1024)) MB were free, $(($2 / 1024)) MB are."
