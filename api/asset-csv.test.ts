import { expect, test } from 'vitest'
import { readAssetCsv } from './asset-csv.ts'

test('reads every column, in any order and either spelling', () => {
  const { assets, mistakes } = readAssetCsv('tags,Name,instanceId,cloud_provider,critical,aliases,region,account,resource_group,vm_name\nsite=vie; tier = web,web-1,i-1,AWS,Yes,w1; 10.0.0.1,eu,4711,rg,vm\n')
  expect(mistakes).toEqual([])
  expect(assets).toEqual([{
    name: 'web-1', aliases: ['w1', '10.0.0.1'], critical: true, cloudProvider: 'aws', region: 'eu', account: '4711', instanceId: 'i-1', resourceGroup: 'rg', vmName: 'vm', tags: { site: 'vie', tier: 'web' },
  }])
})

test.each([
  ['an empty file', '', 1, 'empty'], ['no name column', 'region\neu\n', 1, '"name" is missing'], ['an unknown column', 'name,colour\na,red\n', 1, 'no column "colour"'], ['a column twice', 'name,Name\na,b\n', 1, 'stands twice'],
  ['a row of another length', 'name,region\na\n', 2, '1 fields where the first line has 2'], ['an empty name', 'name,region\n,eu\n', 2, 'name is empty'], ['a name twice', 'name\na\nb\na\n', 4, 'line 2 already'],
  ['a strange flag', 'name,critical\na,very\n', 2, 'critical is "very"'], ['an unknown provider', 'name,cloud_provider\na,oracle\n', 2, 'write aws, azure, gcp'], ['a tag without a value', 'name,tags\na,site\n', 2, 'key=value'],
])('tells of %s with its line', (_what, text, line, message) => {
  const { mistakes } = readAssetCsv(text)
  expect(mistakes).toHaveLength(1)
  expect(mistakes[0]).toMatchObject({ line, message: expect.stringContaining(message) })
})

test('a file of nothing but mistakes is answered with a bounded list', () => {
  expect(readAssetCsv(`name,critical\n${'a,x\n'.repeat(10_000)}`).mistakes.length).toBeLessThan(60)
})
