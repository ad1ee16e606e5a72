/** The runbooks kubernetes-pod-restart and kubernetes-node-drain, run for real; the cluster stands in. The danger is a pod nobody makes anew, and a cluster with too few nodes. */
import { describe, expect, test } from 'vitest'
import { runbookIn } from '../harness/runbook-in-root.ts'
import { throwawayRoot } from '../harness/throwaway-root.ts'
import { callsIn, withStandIns } from './stand-ins.ts'

const POD = 'web-6f7c9d4b5-x2x9z'
const NAMED = { namespace: 'shop', pod: POD }
const pod = (line: string, namespace = 'shop') => ({ [`/srv/cluster/pods/${namespace}/${POD}`]: line })
const machine = (files: Readonly<Record<string, string>>, setup = '') => withStandIns({ programs: ['kubectl', 'sleep'], files: { '/etc/kubernetes/admin.conf': 'apiVersion: v1\n', ...files }, setup: `mkdir -p /srv/cluster\n${setup}` })

describe('kubernetes-pod-restart', () => {
  test('evicts the pod that is named, by its identifier, and is judged by its controller', async (context) => {
    const root = await throwawayRoot(context, machine({ ...pod(`${POD}|u-1||ReplicaSet|web-6f7c9d4b5|Running|`), '/srv/cluster/replicaset/shop/web-6f7c9d4b5': '3|2' }))
    const runbook = await runbookIn(root, 'kubernetes-pod-restart', NAMED)
    expect(await runbook.verify()).toMatchObject({ holds: false, result: { facts: { wantedPods: 3, readyPods: 2 } } })
    expect(await runbook.step('restart')).toMatchObject({ outcome: 'ok', result: { changed: [`evicted pod shop/${POD} (u-1) of ReplicaSet/web-6f7c9d4b5`] } })
    await root.sh('echo "3|3" >/srv/cluster/replicaset/shop/web-6f7c9d4b5')
    expect(await runbook.verify()).toMatchObject({ holds: true })
    expect(await runbook.step('restart')).toMatchObject({ outcome: 'refused', result: { code: 'pod_unknown', changedCount: 0 } })
    expect(await callsIn(root)).toEqual([`evict shop/${POD}`])
  })

  test.for<readonly [string, string, string]>([
    ['a pod without a controller', `${POD}|u-1||||Running|`, 'pod_bare'],
    ['a pod of a job', `${POD}|u-1||Job|nightly|Running|`, 'pod_owner'],
    ['a pod of an operator nobody knows', `${POD}|u-1||Database|main|Running|`, 'pod_owner'],
    ['a static pod', `${POD}|u-1||Node|worker-1|Running|3f2a`, 'pod_static'],
    ['a pod that is leaving', `${POD}|u-1|2026-01-01T00:00:00Z|ReplicaSet|web|Running|`, 'pod_leaving'],
    ['a pod that is over', `${POD}|u-1||ReplicaSet|web|Succeeded|`, 'pod_over'],
    ['a pod whose identifier cannot be read', `${POD}|u"1||ReplicaSet|web|Running|`, 'pod_unknown'],
  ])('refuses %s, and changes nothing', async ([, line, code], context) => {
    const root = await throwawayRoot(context, machine(pod(line)))
    expect(await (await runbookIn(root, 'kubernetes-pod-restart', NAMED)).step('restart')).toMatchObject({ outcome: 'refused', exitCode: 3, result: { code, changedCount: 0 } })
    expect(await callsIn(root)).toEqual([])
  })

  test.for(['kube-system', 'kube-public', 'openshift-etcd', 'istio-system'])('refuses pods of %s', async (namespace, context) => {
    const root = await throwawayRoot(context, machine(pod(`${POD}|u-1||ReplicaSet|web|Running|`, namespace)))
    expect(await (await runbookIn(root, 'kubernetes-pod-restart', { namespace, pod: POD })).step('restart')).toMatchObject({ outcome: 'refused', result: { code: 'namespace_protected' } })
    expect(await callsIn(root)).toEqual([])
  })

  test('refuses where a disruption budget says no, where the cluster is silent, and where there is none', async (context) => {
    const line = pod(`${POD}|u-1||StatefulSet|web|Running|`)
    const root = await throwawayRoot(context, machine(line, ': >/srv/cluster/budget'))
    const runbook = await runbookIn(root, 'kubernetes-pod-restart', NAMED)
    expect(await runbook.step('restart')).toMatchObject({ outcome: 'refused', result: { code: 'budget_blocks', changedCount: 0 } })
    await root.sh(': >/srv/cluster/silent')
    expect(await runbook.step('restart')).toMatchObject({ outcome: 'refused', result: { code: 'no_cluster' } })
    await root.sh('rm /srv/cluster/silent /etc/kubernetes/admin.conf')
    expect(await runbook.step('restart')).toMatchObject({ outcome: 'refused', result: { code: 'no_cluster' } })
    expect(await callsIn(root)).toEqual([])
  })
})

const NODES = { '/srv/cluster/nodes/worker-1': 'worker-1||False|\n', '/srv/cluster/nodes/worker-2': 'worker-2||True|\n', '/srv/cluster/nodes/worker-3': 'worker-3||True|\n', '/srv/cluster/on/worker-1': 'web-1 ReplicaSet\nweb-2 ReplicaSet\nlogs-x DaemonSet\n' }

describe('kubernetes-node-drain', () => {
  test('takes a node out of service, and twice is once', async (context) => {
    const root = await throwawayRoot(context, machine(NODES))
    const runbook = await runbookIn(root, 'kubernetes-node-drain', { node: 'worker-1' })
    expect(await runbook.step('measure')).toMatchObject({ outcome: 'ok', result: { facts: { isCordoned: false, podsLeft: 2 } } })
    expect(await runbook.verify()).toMatchObject({ holds: false })
    expect(await runbook.step('drain')).toMatchObject({ outcome: 'ok', result: { changed: ['marked worker-1', 'cordoned worker-1', 'evicted pod web-1', 'evicted pod web-2'], facts: { movedPods: 2, otherReadyNodes: 2 } } })
    expect(await runbook.verify()).toMatchObject({ holds: true, result: { facts: { isCordoned: true, podsLeft: 0 } } })
    expect(await runbook.step('drain')).toMatchObject({ outcome: 'ok', result: { changedCount: 0 } })
    expect(await callsIn(root)).toEqual(['annotate worker-1 yes', 'cordon worker-1', 'drain worker-1 --delete-emptydir-data=false', 'annotate worker-1 over', 'drain worker-1 --delete-emptydir-data=false'])
  })

  test('is rolled back where a disruption budget holds it up: the node takes pods again', async (context) => {
    const root = await throwawayRoot(context, machine(NODES, ': >/srv/cluster/budget'))
    const runbook = await runbookIn(root, 'kubernetes-node-drain', { node: 'worker-1' })
    expect(await runbook.step('drain')).toMatchObject({ outcome: 'failed', exitCode: 1, result: { code: 'drain_failed', changed: ['marked worker-1', 'cordoned worker-1'] } })
    expect(await runbook.step('uncordon')).toMatchObject({ outcome: 'ok', result: { changed: ['uncordoned worker-1', 'took the mark off worker-1'] } })
    expect(await root.read('/srv/cluster/nodes/worker-1')).toBe('worker-1||False|\n')
    expect(await runbook.step('uncordon')).toMatchObject({ outcome: 'ok', result: { changedCount: 0 } })
  })

  test('leaves a node alone that somebody else took out of service, in the roll-back as well', async (context) => {
    const root = await throwawayRoot(context, machine({ ...NODES, '/srv/cluster/nodes/worker-1': 'worker-1|true|False|\n' }))
    const runbook = await runbookIn(root, 'kubernetes-node-drain', { node: 'worker-1' })
    expect(await runbook.step('drain')).toMatchObject({ outcome: 'refused', result: { code: 'cordoned_by_another', changedCount: 0 } })
    expect(await runbook.step('uncordon')).toMatchObject({ outcome: 'ok', result: { changedCount: 0 } })
    expect(await callsIn(root)).toEqual([])
  })

  test('does not uncordon in a roll-back what somebody cordoned after an earlier run was over', async (context) => {
    const root = await throwawayRoot(context, machine(NODES))
    const runbook = await runbookIn(root, 'kubernetes-node-drain', { node: 'worker-1' })
    await runbook.step('drain')
    // Mended and given back by hand, which leaves the mark, and cordoned by hand again.
    await root.sh(': >/srv/cluster/budget')
    expect(await runbook.step('drain')).toMatchObject({ outcome: 'failed', result: { code: 'drain_failed' } })
    expect(await runbook.step('uncordon')).toMatchObject({ outcome: 'ok', result: { changedCount: 0 } })
    expect(await root.read('/srv/cluster/nodes/worker-1')).toBe('worker-1|true|False|over\n')
  })

  test.for<readonly [string, Readonly<Record<string, string>>, Readonly<Record<string, string | number>>, string]>([
    ['a node there is not', {}, { node: 'worker' }, 'node_unknown'],
    ['a node that answers nothing', { '/srv/cluster/nodes/worker-1': 'worker-1||Unknown|\n' }, { node: 'worker-1' }, 'node_silent'],
    ['with too few others', { '/srv/cluster/nodes/worker-3': 'worker-3||False|\n' }, { node: 'worker-1' }, 'too_few_nodes'],
    ['while another is out of service', { '/srv/cluster/nodes/worker-4': 'worker-4|true|True|\n' }, { node: 'worker-1' }, 'other_node_out'],
    ['with fewer others than are asked for', {}, { node: 'worker-1', minOtherNodes: 3 }, 'too_few_nodes'],
  ])('refuses %s, and changes nothing', async ([, files, inputs, code], context) => {
    const root = await throwawayRoot(context, machine({ ...NODES, ...files }))
    expect(await (await runbookIn(root, 'kubernetes-node-drain', inputs)).step('drain')).toMatchObject({ outcome: 'refused', exitCode: 3, result: { code, changedCount: 0 } })
    expect(await callsIn(root)).toEqual([])
  })
})
