# Space on the file system where Docker keeps images and containers. Looks only.
aw_need docker
# Two braces side by side mean something else to the cloud that carries this text.
brace='{'
# The engine of this machine, whatever context root has chosen for docker.
export DOCKER_HOST=unix:///var/run/docker.sock
root=$(aw_timed 20 docker info --format "$brace{.DockerRootDir}}" 2>/dev/null) || aw_refuse docker_silent 'Docker does not answer.'
aw_place "$root" || aw_refuse no_docker_directory "Docker says it keeps its data in $root, where there is nothing."
aw_on_volume "$root" "${AW_INPUT_VOLUME:-}"
aw_disk "$root"
aw_fact dockerDirectory "$root"
aw_ok "Measured the file system of $root."
