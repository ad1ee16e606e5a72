import { describe, expect, it } from 'vitest'
import type { PlanIncident } from '../../schemas/remediation-match.ts'
import { ExecutorError, type CloudMachine } from '../executors/port.ts'
import { someRunbook } from '../guard/test-facts.ts'
import type { Inventory } from './look-up.ts'
import { makePlanner, type PlanRequest, type PlanRecords } from './planner.ts'
import { someAccount, someAsset, someExecutor, someMachine, somePlanIncident, someProblem } from './test-plans.ts'

interface Given { readonly incident?: PlanIncident | null; readonly assets?: readonly ReturnType<typeof someAsset>[]; readonly inventory?: Inventory | null }

function planner({ incident = somePlanIncident(), assets = [someAsset()], inventory = null }: Given = {}) {
  const records: PlanRecords = {
    incident: async (companyId, id) => (incident !== null && companyId === incident.companyId && id === incident.incidentId ? incident : null),
    history: async () => new Map(),
    layers: async () => ({ msp: {}, company: { runbooks: { 'disk-clean': { risk: 'medium' } } } }),
    accounts: async () => [someAccount(), someAccount({ id: 'acc-2', name: 'second', fields: { accountId: '444455556666', regions: 'eu-west-1' } })],
    assets: async (_, names) => assets.filter(({ name }) => names.includes(name)),
  }
  return makePlanner({ library: { list: async () => [someRunbook()], get: async () => null }, records, executors: { aws: someExecutor() }, inventory })
}
const request = (change: Partial<PlanRequest> = {}): PlanRequest => ({ runId: 'r1', companyId: 'c1', runbook: someRunbook(), incidentId: 'i1', problemKey: null, mode: 'production', cloud: null, wishes: [], given: {}, ...change })
const knows = (accountId: string, ...machines: CloudMachine[]): Inventory => async (_, asked, { text, tag }) => (asked === accountId && tag === null ? machines.filter(({ instanceId, name }) => text === instanceId || name?.includes(text ?? '') === true) : [])

describe('planning', () => {
  it('takes the machine of the problem that the runbook fits, at the risk the company gave it', async () => {
    const incident = somePlanIncident({ problems: [someProblem({ problemKey: 'p0', signature: 'certificate', asset: 'web-09', severity: 'critical' }), someProblem()] })
    const answer = await planner({ incident, assets: [someAsset({ account: '111122223333' })] }).plan(request())
    expect(answer).toMatchObject({ kind: 'planned', problemKey: 'p1', plan: { risk: 'medium', targets: [{ asset: 'web-01', cloudAccountId: 'acc-1', foundBy: 'asset_list' }], remarks: [expect.stringContaining('disk full on web-01')] } })
  })

  it.each(['dry-run', 'demo'] as const)('asks no cloud in mode %s', async (mode) => {
    const calls: string[] = []
    const inventory: Inventory = async (_, account) => {
      calls.push(account)
      return []
    }
    const assets = [someAsset({ account: '111122223333' })]
    expect(await planner({ inventory, assets }).plan(request({ mode }))).toMatchObject({ kind: 'planned', plan: { targets: [{ asset: 'web-01', cloudAccountId: 'acc-1' }] } })
    await planner({ inventory, assets: [] }).plan(request({ mode }))
    expect(calls).toEqual([])
    await planner({ inventory, assets: [] }).plan(request())
    expect(calls).not.toEqual([])
  })

  it('asks every cloud account where the machine is, and says so where one does not answer', async () => {
    const asked = knows('acc-2', someMachine())
    expect(await planner({ inventory: asked }).plan(request())).toMatchObject({ kind: 'planned', plan: { targets: [{ cloudAccountId: 'acc-2' }] } })
    const broken: Inventory = async (company, account, query) => {
      if (account === 'acc-1') throw new ExecutorError('forbidden', 'the role may not be assumed')
      return asked(company, account, query)
    }
    expect(await planner({ inventory: broken }).plan(request())).toMatchObject({ kind: 'planned', plan: { targets: [{ cloudAccountId: 'acc-2' }], remarks: [expect.anything(), expect.stringContaining('could not be asked (forbidden)')] } })
    expect(await planner({ assets: [], inventory: broken }).plan(request({ wishes: [{ asset: 'web-77', cloudAccountId: null, instanceId: null }] }))).toMatchObject({ kind: 'refused', code: 'target_unknown', why: expect.stringContaining('the role may not be assumed') })
  })

  it('tells a look-up that is throttled as passing, one that is refused not, and takes the machine of no other account for it', async () => {
    const inventory = (fault: 'throttled' | 'forbidden'): Inventory => async (company, account, query) => {
      if (account === 'acc-1') throw new ExecutorError(fault, 'looking for machines: it rests')
      return knows('acc-2', someMachine('i-00000001', { name: 'web-77' }))(company, account, query)
    }
    const asked = (fault: 'throttled' | 'forbidden') => planner({ assets: [], inventory: inventory(fault) }).plan(request({ wishes: [{ asset: 'web-77', cloudAccountId: null, instanceId: null }] }))
    expect(await asked('throttled')).toMatchObject({ kind: 'refused', code: 'target_ambiguous', isPassing: true, why: expect.stringContaining('could not be asked (throttled): looking for machines: it rests.'), plan: { candidates: [{ cloudAccountId: 'acc-2' }] } })
    expect(await asked('forbidden')).toMatchObject({ kind: 'refused', code: 'target_ambiguous', isPassing: false })
  })

  it('hands on a defect of an executor instead of planning around it', async () => {
    await expect(planner({ inventory: async () => Promise.reject(new TypeError('defect')) }).plan(request())).rejects.toThrow('defect')
  })

  it('takes a whole name alone for the machine’s, with or without its domain', async () => {
    const called = (name: string) => planner({ assets: [], inventory: knows('acc-1', someMachine('i-00000001', { name })) }).plan(request())
    expect(await called('web-01.example.com')).toMatchObject({ kind: 'planned', plan: { targets: [{ asset: 'web-01', foundBy: 'inventory' }] } })
    expect(await called('web-011')).toMatchObject({ kind: 'refused', code: 'target_unknown' })
  })

  it('comes with no commands and all candidates where more than one machine fits', async () => {
    expect(await planner().plan(request())).toMatchObject({ kind: 'refused', code: 'target_ambiguous', plan: { targets: [], commands: [], candidates: [{ cloudAccountId: 'acc-1' }, { cloudAccountId: 'acc-2' }] } })
  })

  it('believes labels of the problem’s own machine alone', async () => {
    const incident = somePlanIncident({ problems: [someProblem({ labels: { arn: 'arn:aws:ec2:eu-west-1:999999999999:instance/i-0000000000000001a' } })] })
    const wish = (asset: string) => [{ asset, cloudAccountId: null, instanceId: null }]
    const plan = async (asset: string) => planner({ incident, assets: [someAsset({ account: 'main' }), someAsset({ name: 'web-02', account: 'main' })] }).plan(request({ wishes: wish(asset) }))
    expect([(await plan('web-01')), (await plan('web-02'))]).toMatchObject([{ kind: 'refused', code: 'target_foreign' }, { kind: 'planned' }])
  })

  it('knows no incident of another company, and no machine where nothing names one', async () => {
    expect(await planner().match('c2', 'i1')).toBeNull()
    expect((await planner().match('c1', 'i1'))?.fits).toHaveLength(1)
    expect(await planner({ incident: null }).plan(request())).toMatchObject({ kind: 'refused', code: 'target_unknown' })
  })
})
