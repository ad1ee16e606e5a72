# Owners and modes of paths, as permissions-repair looks and mends by them. Sent with a script that names one of these functions.

# aw_permissions_known path: owner:group:mode of the few paths for which they are the same on every system.
aw_permissions_known() {
  case $1 in
    /tmp | /var/tmp) echo 'root:root:1777' ;;
    /etc | /usr | /var | /etc/ssh | /etc/cron.d | /etc/logrotate.d) echo 'root:root:755' ;;
    /etc/passwd | /etc/group | /etc/hosts | /etc/resolv.conf | /etc/crontab) echo 'root:root:644' ;;
    /etc/sudoers) echo 'root:root:440' ;;
    /etc/sudoers.d) echo 'root:root:750' ;;
    /root) echo 'root:root:700' ;;
    /root/.ssh) echo 'root:root:700' ;;
    /root/.ssh/authorized_keys) echo 'root:root:600' ;;
    /etc/ssh/ssh_host_rsa_key | /etc/ssh/ssh_host_ecdsa_key | /etc/ssh/ssh_host_ed25519_key) echo 'root:root:600' ;;
    /var/lib/php/sessions) echo 'root:root:1733' ;;
    *) return 1 ;;
  esac
}

# aw_permissions_as_well path: other owners and modes of it that are right too, on other systems or where somebody made it stricter; they stay.
aw_permissions_as_well() {
  case $1 in
    /root) echo 'root:root 550' ;;
    /etc/crontab) echo 'root:root 600' ;;
    /etc/cron.d) echo 'root:root 700' ;;
    /etc/sudoers.d) echo 'root:root 755' ;;
    /etc/ssh/ssh_host_*_key) echo 'root:ssh_keys 640' ;;
    /root/.ssh/authorized_keys) echo 'root:root 400' ;;
    *) echo none ;;
  esac
}
