/** The engine of runs over the executor for Azure, its SDK and the stateful fake: whatever is lost, refused or dies on the way, each command starts once and nothing is left behind. */
import { describe, expect, it } from 'vitest'
import { azureExecutor } from '../../remediator/executors/azure/index.ts'
import type { WorkerOptions } from '../../remediator/runs/worker.ts'
import { quickDatabase } from '../harness/quick-database.ts'
import { FakeAzure } from '../fakes/azure-arm.ts'
import type { Trouble } from '../fakes/cloud-server.ts'
import { RunWorld } from '../harness/run-engine-world.ts'
import { target } from '../harness/runs-world.ts'

const database = quickDatabase()

/** A run of two commands, a repair and its probe, on a machine in Azure. */
async function azureWorld(): Promise<{ readonly world: RunWorld; readonly azure: FakeAzure; readonly work: (worker: WorkerOptions, until?: () => Promise<boolean>) => Promise<void> }> {
  const azure = await FakeAzure.start()
  azure.addVm({ name: 'web-1' })
  azure.scriptsEnd({ stdout: 'working\n{"aw":1,"outcome":"ok","code":null,"message":"done","changed":[],"changedCount":0,"facts":{"usedPercent":71}}\n' })
  const world = await RunWorld.fresh(database)
  await world.plan('r1', { targets: [target('web-1', { cloud: 'azure', region: 'westeurope', instanceId: 'web-1', group: 'servers' })] })
  const executor = azureExecutor({ clock: world.clock, ca: azure.server.ca })
  const fields = { tenantId: azure.tenantId, subscriptionId: azure.subscriptionId, clientId: azure.clientId, endpoint: azure.url, authority: azure.url }
  const on = (worker: WorkerOptions): WorkerOptions => ({ ...worker, reach: async (run, { cloudAccountId }) => ({ executor, account: { id: cloudAccountId, companyId: run.companyId, cloud: 'azure', environment: 'production', fields, secret: async () => azure.clientSecret } }) })
  let isCleared = false
  const each = async (): Promise<void> => {
    if (isCleared || azure.starts.length === 0) return
    isCleared = true
    await world.tellProblem('resolved')
  }
  return { world, azure, work: (worker, until) => world.work(on(worker), { each, ...(until === undefined ? {} : { until }) }) }
}

const path = /\/runCommands\//
const error = (status: number, code: string): Trouble['is'] => ({ status, json: { error: { code, message: 'not now' } }, headers: { 'retry-after': '5' } })
const TROUBLES: Readonly<Record<string, readonly Trouble[]>> = {
  nothing: [], 'the answer to the sending': [{ method: 'PUT', path, is: 'lost_after' }], 'the sending itself': [{ method: 'PUT', path, is: 'lost_before' }], 'Azure itself while it takes the command': [{ method: 'PUT', path, is: error(503, 'ServiceUnavailable') }],
  'its turn, to too many calls and then to another command': [{ method: 'PUT', path, is: error(429, 'TooManyRequests') }, { method: 'PUT', path, is: error(409, 'Conflict') }], 'answers to questions': [{ method: 'GET', path, is: 'lost_after', times: 3 }],
  'tokens, for a while': [{ path: /oauth2/, is: error(503, 'x'), times: 2 }], 'the answer to the removal': [{ method: 'DELETE', path, is: 'lost_after' }], 'the sending and the first look-up': [{ method: 'PUT', path, is: 'lost_after' }, { method: 'GET', path, is: error(500, 'InternalServerError') }],
}

describe('a run on Azure', () => {
  it.each(Object.entries(TROUBLES))('that loses %s repairs all the same, with each command started once', async (_what, troubles) => {
    const { world, azure, work } = await azureWorld()
    for (const trouble of troubles) azure.trouble(trouble)
    await work(world.worker('w1'))
    expect(await world.show('r1')).toMatchObject({ status: 'succeeded', outcome: 'self_healed', commands: [{ outcome: 'ok', exitCode: 0 }, { outcome: 'ok' }] })
    expect(azure.starts.map(({ name }) => name)).toEqual(['r1-0', 'r1-1'])
    expect(azure.kept).toEqual([])
    await azure.close()
    expect(azure.faults).toEqual([])
  })

  it('that nobody looked after while its script ended is judged by what the script told, not ended for being late', async () => {
    const { world, azure, work } = await azureWorld()
    azure.scriptsEnd({ reads: 0, stdout: '{"aw":1,"outcome":"ok","code":null,"message":"done","changed":[],"changedCount":0,"facts":{"usedPercent":71}}\n' })
    await work(world.worker('w1'), async () => (await world.show('r1')).commands[0]?.status === 'sent')
    world.clock.tick(5 * 3_600_000)
    await work(world.worker('w2'))
    expect(await world.show('r1')).toMatchObject({ status: 'succeeded', commands: [{ outcome: 'ok', exitCode: 0 }, { outcome: 'ok' }] })
    await azure.close()
    expect(azure.faults).toEqual([])
  })

  it('whose worker dies before or after any write goes on in another, and starts nothing twice', async () => {
    for (let at = 1; ; at++) {
      const { world, azure, work } = await azureWorld()
      const { worker, isDead } = world.mortal('w1', at)
      await work(worker, async () => isDead())
      const hasDied = isDead()
      world.outliveLease()
      await work(world.worker('w2'))
      const started = azure.starts.map(({ name }) => name)
      expect(new Set(started).size, `killed at boundary ${at}`).toBe(started.length)
      // The probe only looks, so it may be made anew under another name; the repair is not.
      expect(started.filter((name) => !name.startsWith('r1-1')), `killed at boundary ${at}`).toEqual(['r1-0'])
      expect((await world.show('r1')).status, `killed at boundary ${at}`).toBe('succeeded')
      await azure.close()
      expect(azure.faults).toEqual([])
      if (!hasDied) break
      expect(at).toBeLessThan(120)
    }
  }, 900_000)
})
