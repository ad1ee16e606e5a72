import { expect, it } from 'vitest'
import { ruleBookFrom, ruleBookMistakes, RULE_LIMITS } from './rules-check.ts'
import { effectiveRules, rulesText, type StoredRuleBook } from './rules.ts'

const WHOLE: StoredRuleBook = {
  grouping: [
    { id: 'per-site', kind: 'group_by', when: ['source=zabbix'], by: ['site', 'labels.rack'] },
    { id: 'prod-test', kind: 'never_join', left: ['labels.env=prod'], right: ['labels.env!=prod'] },
    { id: 'db-app', kind: 'always_join', left: ['asset=~"db-.*"'], right: ['service=shop'], equal: ['site'] },
  ],
  maintenance: [
    { id: 'patch-day', when: [], schedule: { kind: 'monthly', nth: -1, day: 2, from: '22:00', minutes: 240 }, timeZone: 'Europe/London', reason: 'patches' },
    { id: 'nightly', when: ['signature=backup'], schedule: { kind: 'daily', from: '02:00', minutes: 15 }, timeZone: 'UTC', reason: 'backup' },
    { id: 'weekend', when: [], schedule: { kind: 'weekly', days: [6, 7], from: '00:00', minutes: 1440 }, timeZone: 'UTC', reason: 'closed' },
    { id: 'move', when: [], schedule: { kind: 'once', startsAt: '2026-01-31T22:00:00Z', endsAt: '2026-02-01T06:00:00+01:00' }, timeZone: 'UTC', reason: 'move' },
  ],
  silences: [{ id: 'printer', when: ['asset=p1'], startsAt: '2026-01-01T00:00:00Z', endsAt: '2026-01-02T00:00:00Z', reason: 'broken, known', by: 'Ada' }],
  inhibitions: [{ id: 'down', source: ['signature=down'], target: ['signature!=down'], equal: ['asset'] }],
  holds: [{ id: 'cpu', when: ['signature=cpu'], minutes: 5 }],
  severities: [{ id: 'vip', when: ['labels.vip=true'], severity: 'critical', reason: 'a director' }, { id: 'old', enabled: false }],
  categories: [{ id: 'lift', words: ['lift', 'elevator'], action: 'assign', canResolveAutomatically: false }],
  switches: { storm: false },
}
const told = (document: unknown): string[] => ruleBookMistakes(document).map(({ path, message }) => `${path} ${message}`)

it('takes a rule book that uses everything, and an empty one', () => {
  expect(told(WHOLE)).toEqual([])
  expect(told({})).toEqual([])
  expect(ruleBookFrom(WHOLE)).toBe(WHOLE)
})

it('names every mistake with its place and how to mend it', () => {
  const mistakes = told({
    groupings: [],
    grouping: [
      { id: 'a b', kind: 'group_by', when: ['asset'], by: [] },
      { id: 'twice', kind: 'never_join', left: [], right: ['colour=red'], by: ['site'] },
      { id: 'twice', kind: 'sometimes_join' },
      { id: 'x', kind: 'always_join', left: 'asset=a' },
      7,
    ],
    maintenance: [{ id: 'm', when: [], schedule: { kind: 'weekly', days: [0, 1, 1], from: '24:00', minutes: 0 }, timeZone: 'Europe/Atlantis', reason: ' ' }],
    silences: [{ id: 's', when: [], startsAt: '2026-02-30T00:00:00Z', endsAt: '2026-12-01T00:00:00Z', reason: 'r', by: 'b' }, { id: 't', when: [], startsAt: '2026-01-02T00:00:00Z', endsAt: '2026-01-01T00:00:00Z', reason: 'r', by: 'b' }],
    holds: { cpu: 5 },
    categories: [{ id: 'c', words: ['Lift'] }, { id: 'd', words: [] }],
    switches: { storms: true, storm: 'no' },
  })
  expect(mistakes).toEqual(expect.arrayContaining([
    expect.stringMatching(/^groupings is no part of a rule book; use grouping, maintenance/),
    'grouping[0].id must be 1 to 64 letters, digits, "-" or "_"',
    expect.stringMatching(/^grouping\[0\]\.when\[0\] "asset" is no matcher; write <field><operator><value>/),
    expect.stringMatching(/^grouping\[0\]\.by must be a list of 1 to 8 fields/),
    expect.stringMatching(/^grouping\[1\]\.right\[0\] "colour" is no field; use asset/),
    'grouping[1].by is no field here; use kind, id, name, enabled, left, right',
    'grouping[2].id "twice" is the id of grouping[1] already; ids are unique in their list',
    'grouping[2].kind must be one of group_by, never_join, always_join',
    expect.stringMatching(/^grouping\[3\]\.left must be a list of at most 20 matchers/),
    'grouping[3].right is missing',
    'grouping[4] must be an object',
    'maintenance[0].schedule.days[0] must be a whole number from 1 to 7',
    'maintenance[0].schedule.days names something twice',
    'maintenance[0].schedule.from must be a time of the day as HH:MM, from 00:00 to 23:59',
    'maintenance[0].schedule.minutes must be a whole number from 1 to 10080',
    'maintenance[0].timeZone must be an IANA time zone, such as Europe/London or UTC',
    'maintenance[0].reason must be a text of 1 to 500 characters',
    'silences[0].startsAt must be a time in ISO 8601 with its offset, such as 2026-01-31T22:00:00Z',
    'silences[1].endsAt must be later than startsAt',
    'holds must be a list of rules',
    'categories[0].words[0] must be in lower case; case does not matter when it is looked for',
    'categories[1] needs words, or a condition in "when"',
    'switches.storms is no field here; use dependencySuppression, storm, cascade, periodic, recurrence, missing',
    'switches.storm must be true or false',
  ]))
  expect(mistakes).toHaveLength(24)
  expect(() => ruleBookFrom({ holds: [{ id: 'h', when: [], minutes: 0 }] })).toThrow('holds[0].minutes must be a whole number from 1 to 60')
})

it('bounds the lists, the document and the mistakes it tells', () => {
  const hold = (i: number) => ({ id: `h${i}`, when: ['signature=cpu'], minutes: 5 })
  expect(told({ holds: Array.from({ length: RULE_LIMITS.rules }, (_, i) => hold(i)) })).toEqual([])
  expect(told({ holds: Array.from({ length: RULE_LIMITS.rules + 1 }, (_, i) => hold(i)) })[0]).toContain('has 501 rules, at most 500 are allowed')
  expect(told({ holds: Array.from({ length: 400 }, (_, i) => ({ ...hold(i), when: [`message="${'x'.repeat(500)}"`] })) })[0]).toContain('a rule book has at most 131072 bytes')
  expect(told({ holds: Array.from({ length: 400 }, () => ({})) })).toHaveLength(100)
  for (const odd of [null, [], 'x', 7]) expect(told(odd)[0]).toContain('a rule book must be an object')
})

it('cascades by id: the company first, then what the MSP has and the company does not name', () => {
  const hold = (id: string, minutes: number) => ({ id, when: [], minutes })
  const msp: StoredRuleBook = { holds: [hold('a', 1), hold('b', 1), hold('c', 1), { id: 'd', enabled: false }], switches: { storm: false, cascade: false } }
  const company: StoredRuleBook = { holds: [hold('own', 9), hold('b', 5), { id: 'c', enabled: false }], switches: { storm: true } }
  expect(effectiveRules(msp, company)).toEqual({ holds: [hold('own', 9), hold('b', 5), hold('a', 1)], switches: { storm: true, cascade: false } })
  expect(rulesText(effectiveRules(msp, { holds: [{ id: 'a', enabled: false }, { id: 'b', enabled: false }, { id: 'c', enabled: false }], switches: {} }))).toBe('{"switches":{"storm":false,"cascade":false}}')
  expect(rulesText(effectiveRules({}, {}))).toBe('')
})
