import { describe, expect, it } from 'vitest'
import { conditionOf, orderOf } from '../fakes/psa/connectwise-conditions.ts'

const ROWS = [
  { id: 1, summary: 'Disk full', company: { id: 250 }, closedFlag: false, _info: { lastUpdated: '2026-01-01T10:00:00Z' } },
  { id: 2, summary: 'disk of "fs-01" [2026]', company: { id: 251 }, closedFlag: true, _info: { lastUpdated: '2026-01-01T11:00:00Z' } },
  { id: 3, summary: 'Printer jam', company: { id: 250 }, closedFlag: false, _info: { lastUpdated: '2026-01-01T12:00:00+01:00' } },
]
const FIELDS = new Set(['id', 'summary', 'company', 'closedFlag', 'lastUpdated'])
const ids = (text: string): readonly number[] => ROWS.filter(conditionOf(text, FIELDS)).map(({ id }) => id)

describe('conditions of ConnectWise', () => {
  it('compare texts, numbers, truths and instants', () => {
    expect(ids('summary contains "DISK"')).toEqual([1, 2])
    expect(ids('summary like "%jam"')).toEqual([3])
    expect(ids('company/id=250 and closedFlag=false')).toEqual([1, 3])
    expect(ids('id>=2')).toEqual([2, 3])
    expect(ids('id!=2')).toEqual([1, 3])
    expect(ids('lastUpdated>=[2026-01-01T11:00:00Z]')).toEqual([2, 3])
  })

  it('take and before or, and brackets before both', () => {
    expect(ids('id=1 or id=2 and closedFlag=false')).toEqual([1])
    expect(ids('(id=1 or id=2) and closedFlag=true')).toEqual([2])
  })

  it('keep what stands in quotes in them', () => {
    expect(ids('summary contains "id=1 or id=3"')).toEqual([])
    expect(ids(String.raw`summary contains "\"fs-01\" [2026]"`)).toEqual([2])
  })

  it('refuse what nobody knows', () => {
    for (const wrong of ['colour="red"', 'id ~ 3', 'id=', 'summary contains disk', '(id=1', 'id=1 id=2', 'id=1 or', '"x']) expect(() => ids(wrong), wrong).toThrow(SyntaxError)
  })

  it('order by several fields, each its way', () => {
    expect([...ROWS].sort(orderOf('company/id desc, id desc')).map(({ id }) => id)).toEqual([2, 3, 1])
    expect([...ROWS].sort(orderOf('lastUpdated asc, id asc')).map(({ id }) => id)).toEqual([1, 2, 3])
  })
})
