import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pointersOf } from './pointers.ts'
import { chooseTarget, type FoundMachine, type TargetAnswer, type TargetQuestion } from './targets.ts'
import { someAccount, someAsset, someMachine } from './test-plans.ts'

const ID = 'i-0000000000000001a'
const OTHER = 'i-0000000000000002b'
const AZURE = '/subscriptions/00000000-1111-2222-3333-444444444444/resourceGroups/rg1/providers/Microsoft.Compute/virtualMachines/VM1'
const azure = someAccount({ id: 'acc-az', cloud: 'azure', name: 'azure', fields: { subscriptionId: '00000000-1111-2222-3333-444444444444' } })
const gcp = someAccount({ id: 'acc-gcp', cloud: 'gcp', name: 'gcp', fields: { projectId: 'shop-prod' } })
const question = (change: Partial<TargetQuestion> = {}): TargetQuestion => ({
  wish: { asset: 'web-01', cloudAccountId: null, instanceId: null }, cloud: null, mode: 'production', labels: {}, assets: [someAsset()], accounts: [someAccount()], machines: [], isInventoryWhole: true, systems: ['linux', 'windows'], ...change,
})
const machine = (by: FoundMachine['by'], id = ID, change: Parameters<typeof someMachine>[1] = {}, accountId = 'acc-1'): FoundMachine => ({ accountId, by, machine: someMachine(id, change) })
const told = (answer: TargetAnswer): string => (answer.kind === 'found' ? `${answer.target.foundBy} ${answer.target.cloudAccountId} ${answer.target.instanceId}` : answer.code)

describe('the machine that is meant', () => {
  it.each<[string, Partial<TargetQuestion>, string]>([
    ['the one on the asset list', {}, `asset_list acc-1 ${ID}`],
    ['the one on the asset list by an alias, in any letter case', { wish: { asset: 'WEB-01.corp', cloudAccountId: null, instanceId: null }, assets: [someAsset({ aliases: ['web-01.Corp'] })] }, `asset_list acc-1 ${ID}`],
    ['the one in the account the list names, by its number', { assets: [someAsset({ account: '444455556666' })], accounts: [someAccount(), someAccount({ id: 'acc-2', name: 'second', fields: { accountId: '444455556666' } })] }, `asset_list acc-2 ${ID}`],
    ['the one in the account that knows it, where the list names none', { accounts: [someAccount(), someAccount({ id: 'acc-2', name: 'second' })], machines: [machine('id', ID, {}, 'acc-2')] }, `asset_list acc-2 ${ID}`],
    ['the one in the account that knows it by an id of AWS, though another was not heard', { accounts: [someAccount(), someAccount({ id: 'acc-2', name: 'second' })], machines: [machine('id', ID, {}, 'acc-2')], isInventoryWhole: false }, `asset_list acc-2 ${ID}`],
    ['the listed one that the alert names, of two with the name', { assets: [someAsset(), someAsset({ name: 'web-02', aliases: ['web-01'], instanceId: OTHER })], labels: { instance_id: OTHER } }, `asset_list acc-1 ${OTHER}`],
    ['the one an alert names, where an account of the company has it', { assets: [], labels: { instance_id: ID }, machines: [machine('id')] }, `label acc-1 ${ID}`],
    ['the one an ARN names', { assets: [], labels: { arn: `arn:aws:ec2:eu-west-1:111122223333:instance/${ID}` }, machines: [machine('id')] }, `label acc-1 ${ID}`],
    ['the one an Azure resource id names', { assets: [], accounts: [azure], labels: { anything: AZURE }, machines: [machine('id', 'vm1', { group: 'RG1' }, 'acc-az')] }, 'label acc-az vm1'],
    ['the one a GCP resource name names', { assets: [], accounts: [gcp], labels: { resource: '//compute.googleapis.com/projects/shop-prod/zones/europe-west1-b/instances/vm-1' }, machines: [machine('id', 'vm-1', { group: 'europe-west1-b' }, 'acc-gcp')] }, 'label acc-gcp vm-1'],
    ['the one a tag names', { assets: [], machines: [machine('tag'), machine('name', OTHER)] }, `tag acc-1 ${ID}`],
    ['the one of that name', { assets: [], machines: [machine('name')] }, `inventory acc-1 ${ID}`],
    ['the one a person names, where an account has it', { wish: { asset: 'web-01', cloudAccountId: 'acc-1', instanceId: OTHER }, machines: [machine('id', OTHER)] }, `person acc-1 ${OTHER}`],
    ['the one a person names, though AWS does not answer', { wish: { asset: 'web-01', cloudAccountId: 'acc-1', instanceId: OTHER }, isInventoryWhole: false, systems: ['linux'] }, `person acc-1 ${OTHER}`],
    ['a made-up one in mode demo', { mode: 'demo', assets: [], accounts: [] }, 'inventory demo demo'],
    ['the one in production, where a plan is only shown', { mode: 'dry-run', accounts: [someAccount(), someAccount({ id: 'box', name: 'box', environment: 'sandbox' })] }, `asset_list acc-1 ${ID}`],
    ['the one in an account that is not switched on yet, where it is only shown', { mode: 'dry-run', accounts: [someAccount({ enabled: false })] }, `asset_list acc-1 ${ID}`],
    ['the one in the account that is on, where it is only shown', { mode: 'dry-run', accounts: [someAccount({ id: 'off', name: 'off', enabled: false }), someAccount()] }, `asset_list acc-1 ${ID}`],
    ['the one in the sandbox, in mode sandbox', { mode: 'sandbox', accounts: [someAccount(), someAccount({ id: 'box', name: 'box', environment: 'sandbox' })] }, `asset_list box ${ID}`],
  ])('is %s', (_, change, expected) => {
    expect(told(chooseTarget(question(change)))).toBe(expected)
  })

  it.each<[string, Partial<TargetQuestion>, string]>([
    ['names an account that is not the company’s', { labels: { arn: `arn:aws:ec2:eu-west-1:999999999999:instance/${ID}` } }, 'target_foreign'],
    ['names an account that is not the company’s beside the id', { assets: [], labels: { instance_id: ID, aws_account: '999999999999' }, machines: [machine('id')] }, 'target_foreign'],
    ['names a subscription that is not the company’s', { labels: { x: AZURE } }, 'target_foreign'],
    ['names an instance that none of the accounts has', { assets: [], labels: { instance_id: OTHER } }, 'target_foreign'],
    ['names another instance than the asset list, which none of the accounts has', { labels: { instance_id: OTHER } }, 'target_foreign'],
    ['names an instance while a cloud does not answer', { assets: [], labels: { instance_id: OTHER }, isInventoryWhole: false }, 'target_unknown'],
    ['names an account that is off', { accounts: [someAccount({ enabled: false })], labels: { arn: `arn:aws:ec2:eu-west-1:111122223333:instance/${ID}` } }, 'cloud_account_off'],
    ['names another machine than the asset list', { labels: { instance_id: OTHER }, machines: [machine('id', OTHER)] }, 'target_ambiguous'],
    ['names a machine that the asset list knows by another name', { wish: { asset: 'web-09', cloudAccountId: null, instanceId: null }, assets: [someAsset({ name: 'db-01' })], labels: { instance_id: ID } }, 'target_ambiguous'],
    ['is about two machines of one name', { assets: [], machines: [machine('name'), machine('name', OTHER)] }, 'target_ambiguous'],
    ['is about an asset that may be in two accounts', { accounts: [someAccount(), someAccount({ id: 'acc-2', name: 'second' })] }, 'target_ambiguous'],
    ['is about a machine that one account has by tag or name, and another was not heard about it', { assets: [], machines: [machine('name')], isInventoryWhole: false }, 'target_ambiguous'],
    ['is about a listed machine without account, which one subscription has by name and another was not heard', { assets: [someAsset({ cloud: 'azure', instanceId: null, vmName: 'web-01' })], accounts: [azure, someAccount({ id: 'acc-az2', cloud: 'azure', name: 'azure 2' })], machines: [machine('id', 'web-01', { group: 'rg1' }, 'acc-az')], isInventoryWhole: false }, 'target_ambiguous'],
    ['is about nothing that is known', { assets: [] }, 'target_unknown'],
    ['is about a company without clouds', { accounts: [] }, 'no_cloud_account'],
    ['is about a company whose cloud is off', { accounts: [someAccount({ enabled: false })] }, 'cloud_account_off'],
    ['is about a machine in production in mode sandbox', { mode: 'sandbox' }, 'no_cloud_account'],
    ['is about a listed machine in an account that is not there', { assets: [someAsset({ account: 'elsewhere' })] }, 'no_cloud_account'],
    ['is about a machine in a region that the account does not name', { assets: [someAsset({ region: 'us-east-1' })] }, 'target_unknown'],
    ['is about a machine of which nobody says the region', { assets: [someAsset({ cloud: 'azure', region: null, resourceGroup: 'rg1' })], accounts: [azure] }, 'target_unknown'],
    ['is about a machine of which nobody says the resource group', { assets: [someAsset({ cloud: 'azure' })], accounts: [azure] }, 'target_unknown'],
    ['is about a machine whose system nobody knows', { assets: [someAsset({ tags: {} })] }, 'system_unsupported'],
    ['has a person name an account of another company', { wish: { asset: 'web-01', cloudAccountId: 'acc-9', instanceId: ID } }, 'target_foreign'],
    ['has a person name an account that is off', { accounts: [someAccount({ enabled: false })], wish: { asset: 'web-01', cloudAccountId: 'acc-1', instanceId: ID } }, 'cloud_account_off'],
    ['has a person name an instance that is nowhere', { wish: { asset: 'web-01', cloudAccountId: 'acc-1', instanceId: OTHER } }, 'target_unknown'],
  ])('is not told where the alert %s', (_, change, code) => {
    expect(told(chooseTarget(question(change)))).toBe(code)
  })

  it('comes with those it could be, where a person has to choose', () => {
    const answer = chooseTarget(question({ labels: { instance_id: OTHER }, machines: [machine('id', OTHER)] }))
    expect(answer.kind === 'refused' ? answer.candidates.map(({ instanceId }) => instanceId).sort() : answer).toEqual([ID, OTHER])
  })

  it('takes the only system of the runbook where nobody says one, and says so', () => {
    const answer = chooseTarget(question({ assets: [someAsset({ tags: {} })], systems: ['windows'] }))
    expect(answer).toMatchObject({ kind: 'found', target: { system: 'windows' }, remarks: [expect.stringContaining('taken for windows')] })
  })
})

describe('labels', () => {
  it('point at machines only in the forms that clouds use', () => {
    expect(pointersOf({ instance_id: ` ${ID} `, InstanceId: ID, host: ID, note: 'i-123', instance: '10.0.0.1:9100' })).toEqual([{ cloud: 'aws', account: null, instanceId: ID, group: null, region: null, label: 'instance_id' }])
    expect(pointersOf({ project_id: 'shop-prod', zone: 'europe-west1-b', instance_name: 'vm-1' })).toMatchObject([{ cloud: 'gcp', account: 'shop-prod', instanceId: 'vm-1', group: 'europe-west1-b', region: 'europe-west1' }])
    for (const text of [`${ID};reboot`, `${ID}\n`.repeat(2), `$(${ID})`, `${AZURE}/../x`, 'i-0000000000000001A']) expect(pointersOf({ instance_id: text })).toEqual([])
  })

  it('never lead out of the company’s enabled accounts of the mode, whatever they say', () => {
    const accounts = [someAccount(), azure, someAccount({ id: 'off', name: 'off', enabled: false, fields: { accountId: '777777777777' } }), someAccount({ id: 'box', name: 'box', environment: 'sandbox', fields: { accountId: '888888888888' } })]
    const text = fc.oneof(
      fc.constantFrom(ID, OTHER, AZURE, '111122223333', '777777777777', '888888888888', '999999999999', 'off', 'acc-9'),
      fc.tuple(fc.constantFrom('111122223333', '777777777777', '888888888888', '999999999999'), fc.constantFrom(ID, OTHER)).map(([account, id]) => `arn:aws:ec2:eu-west-1:${account}:instance/${id}`), fc.string(),
    )
    const labels = fc.dictionary(fc.oneof(fc.constantFrom('instance_id', 'aws_account', 'arn', 'resource_id', 'region', 'account'), fc.string()), text, { maxKeys: 6 })
    const found = fc.array(fc.tuple(fc.constantFrom('id', 'tag', 'name'), fc.constantFrom(ID, OTHER), fc.constantFrom('acc-1', 'acc-az', 'off', 'box', 'nobody')), { maxLength: 4 })
    fc.assert(fc.property(labels, found, fc.boolean(), fc.boolean(), (given, machines, isListed, isInventoryWhole) => {
      const answer = chooseTarget(question({ labels: given, accounts, assets: isListed ? [someAsset()] : [], isInventoryWhole, machines: machines.map(([by, id, accountId]) => machine(by, id, { group: 'rg1' }, accountId)) }))
      if (answer.kind === 'refused') return
      expect(['acc-1', 'acc-az']).toContain(answer.target.cloudAccountId)
      const isKnown = (isListed && answer.target.instanceId === ID) || machines.some(([, id, accountId]) => id === answer.target.instanceId && accountId === answer.target.cloudAccountId)
      expect(isKnown).toBe(true)
    }), { numRuns: 500 })
  })
})
