# Starts a container that crashed, or restarts one that runs and calls itself unhealthy; exactly the one that is named.
engine=''
b='{' e='}'
# The engines of this machine, whatever context root has chosen for docker or podman.
export DOCKER_HOST=unix:///var/run/docker.sock
unset CONTAINER_HOST CONTAINER_CONNECTION
for candidate in docker podman; do
  command -v "$candidate" >/dev/null 2>&1 || continue
  # Braces are put together here, so that no template stands in the command for somebody else to fill in.
  if found=$(timeout 20 "$candidate" container inspect --format "$b${b}.Name$e$e|$b${b}.State.Status$e$e|$b${b}if .State.Health$e$e$b${b}.State.Health.Status$e$e$b${b}else$e${e}none$b${b}end$e$e|$b${b}.State.ExitCode$e$e|$b${b}.HostConfig.RestartPolicy.Name$e$e|$b${b}.HostConfig.AutoRemove$e$e|$b${b}.State.OOMKilled$e$e|$b${b}range \$k, \$v := .Config.Labels$e$e$b${b}\$k$e$e $b${b}end$e$e" -- "$AW_INPUT_CONTAINER" 2>/dev/null); then
    engine=$candidate
    break
  fi
done
[ -n "$engine" ] || aw_refuse container_unknown 'neither docker nor podman has a container of that name'
# Anything after the first line could only come from a label's name.
found=$(printf '%s' "$found" | tr '\n' ' ')
name=${found%%|*} rest=${found#*|}
status=${rest%%|*} rest=${rest#*|}
health=${rest%%|*} rest=${rest#*|}
code=${rest%%|*} rest=${rest#*|}
policy=${rest%%|*} rest=${rest#*|}
removes=${rest%%|*} rest=${rest#*|}
starved=${rest%%|*} labels=${rest#*|}
# The engines also take the beginning of an id for a name.
[ "${name#/}" = "$AW_INPUT_CONTAINER" ] || aw_refuse container_unknown 'there is no container of exactly that name'
case " $labels" in
  *" com.docker.swarm."* | *" io.kubernetes."* | *" com.amazonaws.ecs."* | *" com.hashicorp.nomad."*) aw_refuse orchestrated 'an orchestrator looks after this container; it has to be told' ;;
esac
[ "$removes" = false ] || aw_refuse removes_itself 'this container is removed when it ends'
verb=start
case $status in
  running)
    if [ "$health" != unhealthy ]; then
      aw_fact isWell true
      aw_ok "$AW_INPUT_CONTAINER runs, health $health; nothing was changed"
    fi
    verb=restart ;;
  exited | dead)
    if [ "$AW_INPUT_STOPPED_TOO" != true ]; then
      [ "$code" != 0 ] || aw_refuse ended_well 'the container ended by itself and without an error'
      # With these the engine would have started it again by itself, had nobody stopped it.
      case $policy in always | unless-stopped) aw_refuse stopped_on_purpose 'the container was told to stop; a person has to say that it should run' ;; esac
      # Ended by a signal, and not for want of memory: that is how a stop looks.
      case $code/$starved in 130/false | 137/false | 143/false) aw_refuse stopped_on_purpose 'the container was ended by a signal, as by a stop; a person has to say that it should run' ;; esac
    fi ;;
  restarting) aw_refuse restart_loop 'the container ends again and again; another start would not help' ;;
  *) aw_refuse container_busy "the container is $status" ;;
esac
failed=''
if [ "$verb" = restart ]; then
  # Told before: where it fails, the container may be down.
  aw_changed "restart $AW_INPUT_CONTAINER (was $status, health $health)"
  timeout 120 "$engine" restart --time 30 -- "$AW_INPUT_CONTAINER" >/dev/null 2>&1 || failed=yes
else
  timeout 60 "$engine" start -- "$AW_INPUT_CONTAINER" >/dev/null 2>&1 || failed=yes
fi
[ -z "$failed" ] || aw_fail start_failed "$engine could not $verb the container"
[ "$verb" = restart ] || aw_changed "start $AW_INPUT_CONTAINER (was $status, health $health)"
tries=0 steady=0
while [ "$tries" -lt 20 ] && [ "$steady" -lt 5 ]; do
  sleep 2
  tries=$((tries + 1))
  status=$(timeout 20 "$engine" container inspect --format "$b${b}.State.Status$e$e" -- "$AW_INPUT_CONTAINER" 2>/dev/null) || status=gone
  if [ "$status" = running ]; then steady=$((steady + 1)); else steady=0; fi
done
aw_fact state "$status"
[ "$steady" -ge 5 ] || aw_fail container_not_steady "the container did not stay up: $status"
aw_ok "$AW_INPUT_CONTAINER runs"
