# Reads the container; changes nothing.
engine=''
# The engines of this machine, whatever context root has chosen for docker or podman.
export DOCKER_HOST=unix:///var/run/docker.sock
unset CONTAINER_HOST CONTAINER_CONNECTION
for candidate in docker podman; do
  command -v "$candidate" >/dev/null 2>&1 || continue
  # Braces are put together here, so that no template stands in the command for somebody else to fill in.
  b='{' e='}'
  if found=$(timeout 20 "$candidate" container inspect --format "$b${b}.Name$e$e|$b${b}.State.Status$e$e|$b${b}if .State.Health$e$e$b${b}.State.Health.Status$e$e$b${b}else$e${e}none$b${b}end$e$e|$b${b}.State.ExitCode$e$e" -- "$AW_INPUT_CONTAINER" 2>/dev/null); then
    engine=$candidate
    break
  fi
done
[ -n "$engine" ] || aw_refuse container_unknown 'neither docker nor podman has a container of that name'
name=${found%%|*}
[ "${name#/}" = "$AW_INPUT_CONTAINER" ] || aw_refuse container_unknown 'there is no container of exactly that name'
rest=${found#*|}
status=${rest%%|*} rest=${rest#*|}
health=${rest%%|*}
aw_fact engine "$engine"
aw_fact state "$status"
aw_fact health "$health"
aw_fact exitCode "${rest#*|}"
if [ "$status" = running ] && [ "$health" != unhealthy ]; then aw_fact isWell true; else aw_fact isWell false; fi
aw_ok "$AW_INPUT_CONTAINER is $status, health $health"
