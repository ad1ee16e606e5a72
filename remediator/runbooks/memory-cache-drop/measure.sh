# Memory by its kinds. Looks only.
[ -r /proc/meminfo ] || aw_refuse no_memory_figures 'There is no /proc/meminfo.'
awk '{ v[$1] = $2 } END { t = v["MemTotal:"]; if (t <= 0) exit 1
  c = v["Cached:"] + v["Buffers:"] - v["Shmem:"]; if (c < 0) c = 0
  printf "%d %d %d\n", (t - v["MemFree:"]) * 100 / t, v["MemAvailable:"] * 100 / t, c / 1024 }' /proc/meminfo >"$AW_DIR/memory" || aw_refuse no_memory_figures '/proc/meminfo is not as expected.'
read -r used available cache <"$AW_DIR/memory"
rm -f "$AW_DIR/memory"
aw_fact usedWithCachePercent "$used"
aw_fact availablePercent "$available"
aw_fact cacheMegabytes "$cache"
aw_ok "$used percent of memory are in use with the page cache; $available percent are available."
