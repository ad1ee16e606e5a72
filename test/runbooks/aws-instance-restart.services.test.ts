/** The looking parts of the runbook aws-instance-restart, run for real against a metadata service at its address. The danger is a stop that loses data or the machine. */
import { describe, expect, test } from 'vitest'
import { runbookIn } from '../harness/runbook-in-root.ts'
import { throwawayRoot } from '../harness/throwaway-root.ts'
import { startMetadata, withMetadata } from './metadata.ts'
import { withStandIns } from './stand-ins.ts'

const PLAIN = { 'instance-type': 't3.large', 'block-device-mapping/index': 'ami\nroot', 'instance-life-cycle': 'on-demand' }

describe('aws-instance-restart', () => {
  test('says what it saw of a machine that may be stopped', async (context) => {
    const root = await throwawayRoot(context, withMetadata({ ...PLAIN, 'public-ipv4': '198.51.100.7' }))
    await startMetadata(root)
    expect(await (await runbookIn(root, 'aws-instance-restart')).step('check')).toMatchObject({ outcome: 'ok', exitCode: 0, result: { changedCount: 0, facts: { instanceType: 't3.large', publicAddress: '198.51.100.7' } } })
  })

  test.for<readonly [string, Readonly<Record<string, string>>, string, string]>([
    ['instance storage that is mapped', { ...PLAIN, 'block-device-mapping/index': 'ami\nephemeral0\nroot' }, '', 'instance_store'],
    ['instance storage that is there as a device', PLAIN, 'mkdir -p /dev/disk/by-id; : >/dev/disk/by-id/nvme-Amazon_EC2_NVMe_Instance_Storage_AWS1', 'instance_store'],
    ['a spot machine', { ...PLAIN, 'instance-life-cycle': 'spot' }, '', 'spot_instance'],
    ['a member of a scaling group', { ...PLAIN, 'tags/instance/aws:autoscaling:groupName': 'web' }, '', 'in_scaling_group'],
    ['a member of a scaling group whose tags are not told', { ...PLAIN, 'autoscaling/target-lifecycle-state': 'InService' }, '', 'in_scaling_group'],
    ['a machine whose disks are not told', { 'instance-type': 't3.large', 'instance-life-cycle': 'on-demand' }, '', 'no_metadata_service'],
    ['a machine that may be a spot machine', { 'instance-type': 't3.large', 'block-device-mapping/index': 'ami\nroot' }, '', 'no_metadata_service'],
    ['a service that does not tell what the machine is', {}, '', 'no_metadata_service'],
  ])('refuses %s', async ([, answers, setup, code], context) => {
    const root = await throwawayRoot(context, withMetadata(answers, { setup }))
    await startMetadata(root)
    expect(await (await runbookIn(root, 'aws-instance-restart')).step('check')).toMatchObject({ outcome: 'refused', exitCode: 3, result: { code } })
  })

  test('refuses a machine that is not one of EC2', async (context) => {
    const root = await throwawayRoot(context)
    expect(await (await runbookIn(root, 'aws-instance-restart')).step('check')).toMatchObject({ outcome: 'refused', result: { code: 'no_metadata_service' } })
  })

  test.for([['running', 60, true], ['degraded', 3_599, true], ['starting', 60, false], ['running', 3_600, false]] as const)('is judged by a system that is %s and up for %i seconds: %s', async ([state, seconds, holds], context) => {
    const root = await throwawayRoot(context, withStandIns({ programs: ['systemctl'], files: { '/srv/units/state': `${state}\n`, '/srv/uptime': `${seconds}.42 100.00\n` }, setup: 'mount --bind /srv/uptime /proc/uptime' }))
    expect(await (await runbookIn(root, 'aws-instance-restart')).verify()).toMatchObject({ outcome: 'ok', holds })
  })

  test('names the machine to the document only as the target it is aimed at', async (context) => {
    const root = await throwawayRoot(context)
    const automation = { document: 'AWS-RestartEC2Instance', parameters: { InstanceId: '${target.instanceId}' } }
    const stepsOf = async (id: string) => (await runbookIn(root, id)).runbook.steps.map((step) => ({ id: step.id, automation: step.automation, onFailure: step.onFailure }))
    expect(await stepsOf('aws-instance-restart')).toEqual([{ id: 'check', automation: null, onFailure: 'stop' }, { id: 'restart', automation, onFailure: 'stop' }])
    expect(await stepsOf('aws-instance-restart-unreachable')).toEqual([{ id: 'restart', automation, onFailure: 'stop' }])
  })

  test('leaves a machine that cannot be looked at to two people', async (context) => {
    const { runbook } = await runbookIn(await throwawayRoot(context), 'aws-instance-restart-unreachable')
    expect(runbook).toMatchObject({ risk: 'high', match: { all: [], any: [] }, approval: { role: 'msp_admin', fourEyes: true } })
  })
})
