/** The runbook container-restart, run for real; Docker stands in. The danger is another container than the one that is named, or one that somebody or an orchestrator wants as it is. */
import { describe, expect, test } from 'vitest'
import { runbookIn } from '../harness/runbook-in-root.ts'
import { throwawayRoot } from '../harness/throwaway-root.ts'
import { callsIn, withStandIns } from './stand-ins.ts'

interface Container { readonly name?: string; readonly state?: string; readonly health?: string; readonly code?: number; readonly policy?: string; readonly removes?: boolean; readonly starved?: boolean; readonly labels?: string }
const container = (file: string, { name = `/${file}`, state = 'exited', health = 'none', code = 1, policy = 'on-failure', removes = false, starved = false, labels = '' }: Container = {}) =>
  ({ [`/srv/containers/${file}`]: `${[name, state, health, code, policy, removes, starved, labels].join('\n')}\n` })
const machine = (containers: Readonly<Record<string, string>>, setup = '') => withStandIns({ programs: ['docker', 'sleep'], files: containers, setup })

describe('container-restart', () => {
  test('starts a container that crashed, once', async (context) => {
    const root = await throwawayRoot(context, machine({ ...container('web'), ...container('web-2') }))
    const runbook = await runbookIn(root, 'container-restart', { container: 'web' })
    expect(await runbook.step('measure')).toMatchObject({ outcome: 'ok', result: { facts: { engine: 'docker', state: 'exited', exitCode: 1, isWell: false } } })
    expect(await runbook.verify()).toMatchObject({ holds: false })
    expect(await runbook.step('restart')).toMatchObject({ outcome: 'ok', result: { changed: ['start web (was exited, health none)'] } })
    expect(await runbook.verify()).toMatchObject({ holds: true })
    expect(await runbook.step('restart')).toMatchObject({ outcome: 'ok', result: { changedCount: 0 } })
    expect(await callsIn(root)).toEqual(['start web'])
  })

  test('restarts a container that runs and calls itself unhealthy', async (context) => {
    const root = await throwawayRoot(context, machine(container('web', { state: 'running', health: 'unhealthy', policy: 'always' })))
    const runbook = await runbookIn(root, 'container-restart', { container: 'web' })
    expect(await runbook.verify()).toMatchObject({ holds: false })
    expect(await runbook.step('restart')).toMatchObject({ outcome: 'ok', result: { changed: ['restart web (was running, health unhealthy)'] } })
    expect(await runbook.verify()).toMatchObject({ holds: true })
  })

  test.for<readonly [string, Container, string]>([
    ['the beginning of an id, which Docker takes for a name', { name: '/payments' }, 'container_unknown'],
    ['a container that somebody stopped', { policy: 'unless-stopped', code: 143 }, 'stopped_on_purpose'],
    ['a container that somebody stopped, with policy always', { policy: 'always', code: 137 }, 'stopped_on_purpose'],
    ['a container without a policy that was ended by a signal, as by a stop', { policy: 'no', code: 137 }, 'stopped_on_purpose'],
    ['a container that ended without an error', { code: 0, policy: 'no' }, 'ended_well'],
    ['a container that starts again and again', { state: 'restarting' }, 'restart_loop'],
    ['a paused container', { state: 'paused' }, 'container_busy'],
    ['a container that is removed when it ends', { state: 'running', health: 'unhealthy', removes: true }, 'removes_itself'],
    ['a task of Swarm', { labels: 'maintainer com.docker.swarm.service.id ' }, 'orchestrated'],
    ['a container of Kubernetes', { state: 'running', health: 'unhealthy', labels: 'io.kubernetes.pod.name ' }, 'orchestrated'],
    ['a task of ECS', { labels: 'com.amazonaws.ecs.cluster ' }, 'orchestrated'],
  ])('refuses %s, and changes nothing', async ([, state, code], context) => {
    const root = await throwawayRoot(context, machine(container('abc', state)))
    expect(await (await runbookIn(root, 'container-restart', { container: 'abc' })).step('restart')).toMatchObject({ outcome: 'refused', exitCode: 3, result: { code, changedCount: 0 } })
    expect(await callsIn(root)).toEqual([])
  })

  test('refuses a container there is not, and a machine without Docker', async (context) => {
    const root = await throwawayRoot(context, machine(container('web')))
    expect(await (await runbookIn(root, 'container-restart', { container: 'we' })).step('restart')).toMatchObject({ outcome: 'refused', result: { code: 'container_unknown' } })
    const bare = await throwawayRoot(context, withStandIns({ programs: ['sleep'], hidden: ['docker', 'podman'] }))
    expect(await (await runbookIn(bare, 'container-restart', { container: 'web' })).step('restart')).toMatchObject({ outcome: 'refused', result: { code: 'container_unknown' } })
  })

  test('starts a container that was ended for want of memory', async (context) => {
    const root = await throwawayRoot(context, machine(container('web', { policy: 'no', code: 137, starved: true })))
    expect(await (await runbookIn(root, 'container-restart', { container: 'web' })).step('restart')).toMatchObject({ outcome: 'ok', result: { changed: ['start web (was exited, health none)'] } })
  })

  test('starts what was stopped when a person says so', async (context) => {
    const root = await throwawayRoot(context, machine(container('web', { policy: 'always', code: 0 })))
    expect(await (await runbookIn(root, 'container-restart', { container: 'web', stoppedToo: true })).step('restart')).toMatchObject({ outcome: 'ok', result: { changedCount: 1 } })
  })

  test('fails where the container ends again, and where Docker cannot start it', async (context) => {
    const root = await throwawayRoot(context, machine({ ...container('web'), ...container('api') }, ': >/srv/containers/web.dies; : >/srv/containers/api.start-fails'))
    expect(await (await runbookIn(root, 'container-restart', { container: 'web' })).step('restart')).toMatchObject({ outcome: 'failed', exitCode: 1, result: { code: 'container_not_steady', changedCount: 1 } })
    expect(await (await runbookIn(root, 'container-restart', { container: 'api' })).step('restart')).toMatchObject({ outcome: 'failed', result: { code: 'start_failed' } })
  })

  test('says that it restarted a container also where that failed, which may be down then', async (context) => {
    const root = await throwawayRoot(context, machine(container('web', { state: 'running', health: 'unhealthy' }), ': >/srv/containers/web.start-fails'))
    expect(await (await runbookIn(root, 'container-restart', { container: 'web' })).step('restart')).toMatchObject({ outcome: 'failed', result: { code: 'start_failed', changedCount: 1 } })
  })
})
