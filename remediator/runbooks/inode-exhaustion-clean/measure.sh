# How many inodes of a volume are used. Looks only.
volume=${AW_INPUT_VOLUME:-/}
aw_place "$volume" || aw_refuse no_such_volume "$volume does not exist."
aw_disk "$volume"
aw_ok "Measured $volume."
