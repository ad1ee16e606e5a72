import { expect, it } from 'vitest'
import { NO_RULES, RuleBookIndex, rulesOf } from './rule-book.ts'

it('reads a rule book once per revision', () => {
  const entry = { rules: '{"holds":[{"id":"cpu","when":["signature=cpu"],"minutes":5},{"id":"off","when":[],"minutes":5,"enabled":false}],"switches":{"storm":false}}', rulesRevision: 3 }
  const index = rulesOf(entry, NO_RULES)
  expect(index).toMatchObject({ revision: 3, broken: [], switches: { storm: false } })
  expect(index.holds.map(({ rule: { id, minutes }, when }) => [id, minutes, when.length])).toEqual([['cpu', 5, 1]])
  expect(rulesOf(entry, index)).toBe(index)
  expect(rulesOf({ ...entry, rulesRevision: 4 }, index)).not.toBe(index)
})

it('leaves out a rule it cannot read, counts it and never throws', () => {
  const index = new RuleBookIndex(JSON.stringify({
    grouping: [null, { id: 'bad', kind: 'group_by', when: ['asset=~('], by: ['site'] }, { id: 'odd', kind: 'later', left: [], right: [] }, { id: 'good', kind: 'never_join', left: [], right: [] }],
    holds: 'none', inhibitions: [{ id: 'short' }],
  }), 1)
  expect(index.grouping.map(({ id, at }) => [id, at])).toEqual([['good', 0]])
  expect(index.broken.map((one) => one.split(':')[0])).toEqual(['grouping/', 'grouping/bad', 'grouping/odd', 'inhibitions/short'])
  for (const text of ['{', 'null', '[]', '7', '""']) expect(new RuleBookIndex(text, 1).grouping).toEqual([])
  expect(new RuleBookIndex('{', 1).broken).toHaveLength(1)
})
