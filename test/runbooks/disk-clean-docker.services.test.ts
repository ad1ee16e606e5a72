/** The runbook disk-clean-docker, run against a stand-in for Docker that keeps containers as files and refuses whatever else is asked of it. */
import { describe, expect, test } from 'vitest'
import { runbookIn } from '../harness/runbook-in-root.ts'
import { standIn, without } from '../harness/stand-ins.ts'
import { throwawayRoot, type ThrowawayRoot } from '../harness/throwaway-root.ts'

/** A container is a folder /opt/state/containers/<id> with files: finished, status, policy, mounts, labels. */
const DOCKER = `${standIn('docker', `
state=/opt/state
# Never the engine of another machine that root's context names.
[ "\${DOCKER_HOST-}" = unix:///var/run/docker.sock ] || exit 64
id=$(printf '%s' "$*" | awk '{ print $NF }')
case $* in
  'info --format {{.DockerRootDir}}') echo /var/lib/docker ;;
  'ps --all --quiet --no-trunc --filter status=exited') cd $state/containers && grep -lx exited */status | sed 's,/status,,' ;;
  'inspect --type container --format {{.State.FinishedAt}} {{.State.Status}} {{.HostConfig.RestartPolicy.Name}} {{len .Mounts}} '*)
    cd "$state/containers/$id" && echo "$(cat finished) $(cat status) $(cat policy) $(cat mounts)" ;;
  'inspect --type container --format {{json .Config.Labels}} '*) cat "$state/containers/$id/labels" ;;
  "rm $id") rm -r "$state/containers/$id" ;;
  'image prune --force --filter until=72h') if [ -e $state/dangling ]; then rm $state/dangling; echo 'deleted: sha256:1'; echo; echo 'Total reclaimed space: 120MB'; else echo 'Total reclaimed space: 0B'; fi ;;
  'builder prune --force --filter until=72h') if [ -e $state/cache ]; then rm $state/cache; printf 'Total:\\t40MB\\n'; else printf 'Total:\\t0B\\n'; fi ;;
  *) echo "not known here: $*" >&2; exit 64 ;;
esac`)}
mkdir -p /var/lib/docker /opt/state/containers; touch /opt/state/dangling /opt/state/cache
made() { mkdir -p "/opt/state/containers/$1"; cd "/opt/state/containers/$1"; date -u -d "$2" +%Y-%m-%dT%H:%M:%S.123456789Z >finished; echo "$3" >status; echo "$4" >policy; echo "$5" >mounts; echo "$6" >labels; }
made aaaaaaaaaaaaaaaa '10 days ago' exited no 0 '{}'
made bbbbbbbbbbbbbbbb '10 days ago' exited no 0 null
made cccccccccccccccc '1 hour ago' exited no 0 '{}'
made dddddddddddddddd '10 days ago' exited always 0 '{}'
made eeeeeeeeeeeeeeee '10 days ago' exited no 2 '{}'
made ffffffffffffffff '10 days ago' exited no 0 '{"com.docker.compose.project":"shop"}'
made 0000000000000000 '10 days ago' exited no 0 '{"io.kubernetes.pod.name":"web"}'
made 1111111111111111 '10 days ago' running no 0 '{}'
made 2222222222222222 '10 days ago' exited unless-stopped 0 '{}'
made 3333333333333333 '10 days ago' exited no 0 '{}'; echo 0001-01-01T00:00:00Z >finished
`
const STAY = '0000000000000000\n1111111111111111\n2222222222222222\n3333333333333333\ncccccccccccccccc\ndddddddddddddddd\neeeeeeeeeeeeeeee\nffffffffffffffff\n'
const left = (root: ThrowawayRoot) => root.sh('LC_ALL=C ls /opt/state/containers')

describe('disk-clean-docker', () => {
  test('removes containers that ended long ago, images without a name and old cache, and nothing the second time', async (context) => {
    const root = await throwawayRoot(context, { setup: DOCKER })
    const runbook = await runbookIn(root, 'disk-clean-docker')
    expect(await runbook.step('measure')).toMatchObject({ outcome: 'ok', result: { facts: { dockerDirectory: '/var/lib/docker' }, changedCount: 0 } })
    const cleaned = await runbook.step('clean')
    expect(cleaned).toMatchObject({ outcome: 'ok', exitCode: 0, result: { facts: { removedContainers: 2 } } })
    expect(cleaned.result?.changed).toEqual([
      'removed container aaaaaaaaaaaa, which ended more than 72 hours ago', 'removed container bbbbbbbbbbbb, which ended more than 72 hours ago',
      'removed images made more than 72 hours ago, without a name, that nothing uses ( 120MB)', 'removed build cache not used for 72 hours (\t40MB)'.replace('\t', ' '),
    ])
    expect(await left(root)).toBe(STAY)
    expect(await runbook.step('clean')).toMatchObject({ outcome: 'ok', result: { changed: [], changedCount: 0 } })
    expect(await left(root)).toBe(STAY)
    expect(await root.sh('grep -c -e volume -e " -f" -e " -v" /opt/state/docker.calls || true')).toBe('0\n')
  })

  test.for([
    ['a machine without Docker', without('docker'), {}, 'missing_command'],
    ['a Docker that does not answer', standIn('docker', 'exit 1'), {}, 'docker_silent'],
    ['a Docker that keeps its data behind a link', `${DOCKER}mv /var/lib/docker /srv/docker; ln -s /srv/docker /var/lib/docker`, {}, 'place_is_elsewhere'],
    ['another volume than that of Docker', `${DOCKER}mount -t tmpfs tmpfs /srv`, { volume: '/srv' }, 'other_volume'],
  ] as const)('refuses %s', async ([, setup, inputs, code], context) => {
    const root = await throwawayRoot(context, { setup })
    const runbook = await runbookIn(root, 'disk-clean-docker', inputs)
    expect(await runbook.step('clean')).toMatchObject({ outcome: 'refused', exitCode: 3, result: { code, changedCount: 0 } })
    expect(await root.sh('if [ -d /opt/state/containers ]; then ls /opt/state/containers | wc -l; else echo 10; fi')).toBe('10\n')
  })
})
