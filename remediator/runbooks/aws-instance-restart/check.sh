# Looks whether a stop and start would lose data or an address; changes nothing.
aw_need curl awk
if ls /dev/disk/by-id/nvme-Amazon_EC2_NVMe_Instance_Storage_* >/dev/null 2>&1; then aw_refuse instance_store 'the machine has instance storage, which a stop and start empties'; fi
token=$(curl --silent --noproxy '*' --connect-timeout 3 --max-time 5 --request PUT --header 'X-aws-ec2-metadata-token-ttl-seconds: 60' http://169.254.169.254/latest/api/token 2>/dev/null) || aw_refuse no_metadata_service 'this is no EC2 machine with a metadata service'
case $token in '' | *[!A-Za-z0-9_=+/-]*) aw_refuse no_metadata_service 'the metadata service gives no token' ;; esac
ask() { printf 'header = "X-aws-ec2-metadata-token: %s"\n' "$token" | curl --silent --fail --config - --noproxy '*' --connect-timeout 3 --max-time 5 --max-filesize 65536 "http://169.254.169.254/latest/meta-data/$1" 2>/dev/null; }
type=$(ask instance-type) || aw_refuse no_metadata_service 'the metadata service does not tell the kind of machine'
devices=$(ask block-device-mapping/) || aw_refuse no_metadata_service 'the metadata service does not tell the disks of the machine'
for device in $devices; do
  case $device in ephemeral*) aw_refuse instance_store 'the machine has instance storage, which a stop and start empties' ;; esac
done
life=$(ask instance-life-cycle) || aw_refuse no_metadata_service 'the metadata service does not tell whether this is a spot machine'
[ "$life" != spot ] || aw_refuse spot_instance 'a spot machine may not come back after a stop'
# Tags are told only where somebody allowed it; every member of a group has a state in its group.
group=$(ask autoscaling/target-lifecycle-state || true)$(ask tags/instance/aws:autoscaling:groupName || true)
[ -z "$group" ] || aw_refuse in_scaling_group 'a scaling group would replace the machine while it is stopped'
if public=$(ask public-ipv4) && [ -n "$public" ]; then aw_fact publicAddress "$public"; else aw_fact publicAddress none; fi
aw_fact instanceType "$type"
aw_fact uptimeSeconds "$(awk '{ printf "%d", $1 }' /proc/uptime)"
aw_ok 'a stop and start loses no data that this can see'
