# Removes containers that ended long ago, images without a name that nothing uses, and build cache. Never volumes, and never with force.
hours=$AW_INPUT_MIN_AGE_HOURS
aw_need docker date
brace='{'
# The engine of this machine, whatever context root has chosen for docker.
export DOCKER_HOST=unix:///var/run/docker.sock
root=$(aw_timed 20 docker info --format "$brace{.DockerRootDir}}" 2>/dev/null) || aw_refuse docker_silent 'Docker does not answer.'
aw_place "$root" || aw_refuse no_docker_directory "Docker says it keeps its data in $root, where there is nothing."
aw_on_volume "$root" "${AW_INPUT_VOLUME:-}"
limit=$(date -u -d "@$(($(date +%s) - hours * 3600))" +%Y%m%d%H%M%S) || aw_refuse date_unknown 'date does not know -d.'

# `docker container prune --filter until` goes by when a container was made: it would take one that ran for a year and was stopped a minute ago.
# One that would be started again, or belongs to compose, swarm or Kubernetes, was stopped by somebody who may want it back.
removed=0
seen=0
containers=$(aw_timed 30 docker ps --all --quiet --no-trunc --filter status=exited) || aw_fail docker_failed 'Docker could not list its containers.'
for id in $containers; do
  seen=$((seen + 1))
  if [ "$seen" -gt 300 ]; then break; fi
  case $id in *[!0-9a-f]*) continue ;; esac
  line=$(aw_timed 20 docker inspect --type container --format "$brace{.State.FinishedAt}} $brace{.State.Status}} $brace{.HostConfig.RestartPolicy.Name}} $brace{len .Mounts}}" "$id" 2>/dev/null) || continue
  labels=$(aw_timed 20 docker inspect --type container --format "$brace{json .Config.Labels}}" "$id" 2>/dev/null) || continue
  case $labels in *com.docker.compose.* | *com.docker.swarm.* | *io.kubernetes.* | *io.podman.* ) continue ;; esac
  ended=${line%%[.Z]*}
  ended=$(printf '%s' "$ended" | tr -cd 0-9)
  rest=${line#* }
  case $rest in 'exited no 0' | 'exited  0') ;; *) continue ;; esac
  [ ${#ended} -eq 14 ] || continue
  case $ended in 0*) continue ;; esac
  [ "$ended" -lt "$limit" ] || continue
  if aw_timed 60 docker rm "$id" >/dev/null 2>&1; then
    removed=$((removed + 1))
    aw_changed "removed container $(printf '%s' "$id" | cut -b 1-12), which ended more than $hours hours ago"
  fi
done

# prune what command...: `Total reclaimed space: 0B` says that there was nothing.
prune() {
  what=$1
  shift
  told=$(aw_timed 300 docker "$@" 2>/dev/null) || aw_fail docker_failed "Docker could not remove $what."
  told=$(printf '%s\n' "$told" | tail -n 1)
  case $told in
    *': 0B' | *'	0B') ;;
    Total*) aw_changed "removed $what (${told#Total*:})" ;;
  esac
}
# By age, because a build that is under way has images without a name too.
prune "images made more than $hours hours ago, without a name, that nothing uses" image prune --force --filter "until=${hours}h"
prune "build cache not used for $hours hours" builder prune --force --filter "until=${hours}h"
aw_fact removedContainers "$removed"
aw_disk "$root"
aw_ok "Removed $removed containers, unused images without a name and old build cache."
