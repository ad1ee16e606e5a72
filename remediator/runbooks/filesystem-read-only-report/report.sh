# File systems that became read-only by themselves, and what the kernel said. Looks only: writing to a damaged file system is what the kernel prevents.
[ -r /proc/self/mountinfo ] || aw_refuse no_mounts 'The list of mounts cannot be read.'
aw_need awk dmesg

# Made so by the kernel: the file system is read-only (options after the hyphen) and the mount is not (options before it). Made so by a person: both are.
# Beside it, what fstab wants writable and is not.
awk 'FNR == 1 { files++ }
  files == 1 { if ($1 !~ /^#/ && NF >= 4) wanted[$2] = $4; next }
  { hyphen = 0; for (i = 7; i <= NF; i++) if ($i == "-") { hyphen = i; break }
    if (!hyphen) next
    type = $(hyphen + 1); super = "," $(hyphen + 3) ","; mount = "," $6 ","
    if (type !~ /^(ext[234]|xfs|btrfs|f2fs|jfs|reiserfs|vfat|exfat|zfs|nfs4?|cifs|tmpfs|gfs2|ocfs2)$/) next
    isRo = index(super, ",ro,") > 0; mountRo = index(mount, ",ro,") > 0
    if (isRo && !mountRo) print "kernel", $5, type, $(hyphen + 2)
    else if ((isRo || mountRo) && ($5 in wanted) && ("," wanted[$5] ",") !~ /,ro,/) print "fstab", $5, type, $(hyphen + 2) }' /etc/fstab /proc/self/mountinfo >"$AW_DIR/mounts" 2>/dev/null
if [ ! -e /etc/fstab ]; then aw_fact fstab missing; fi
aw_fact readOnlyByKernel "$(grep -c '^kernel ' "$AW_DIR/mounts")"
aw_fact readOnlyAgainstFstab "$(grep -c '^fstab ' "$AW_DIR/mounts")"
at=0
while [ "$at" -lt 5 ] && IFS= read -r line; do
  at=$((at + 1))
  aw_fact "mount$at" "${line#* }"
done <"$AW_DIR/mounts"
number=$(wc -l <"$AW_DIR/mounts")
rm -f "$AW_DIR/mounts"

aw_timed 20 dmesg 2>/dev/null | tail -n 20000 | grep -E 'Remounting filesystem read-only|EXT[234]-fs (error|\(.*\): error)|XFS.*([Cc]orruption|[Ss]hut(ting)? ?down|metadata I/O error)|BTRFS.*(error|forced readonly)|I/O error|Medium Error|critical (medium|target) error' >"$AW_DIR/evidence"
aw_fact kernelErrors "$(wc -l <"$AW_DIR/evidence")"
tail -n 3 "$AW_DIR/evidence" >"$AW_DIR/last"
at=0
while IFS= read -r line; do
  at=$((at + 1))
  aw_fact "kernelError$at" "$line"
done <"$AW_DIR/last"
rm -f "$AW_DIR/evidence" "$AW_DIR/last"
aw_ok "$number file systems are read-only that should not be; check the disk, restore or fsck, and only then mount them anew."
