import { describe, expect, it } from 'vitest'
import type { CommandAction, IncidentStatus } from '../schemas/records.ts'
import { stepFrom } from './lifecycle.ts'
import { Bench, T0, command, problem } from './test-records.ts'

const STATUSES: readonly IncidentStatus[] = ['open', 'assigned', 'in_progress', 'resolved', 'closed']

describe('the state machine', () => {
  // Rows: steps; columns: from open, assigned, in_progress, resolved, closed. A status is the target, a code a refusal.
  const table: Record<string, readonly string[]> = {
    acknowledge: ['open', 'assigned', 'in_progress', 'resolved', 'incident_closed'],
    assign: ['assigned', 'assigned', 'in_progress', 'transition_refused', 'incident_closed'],
    unassign: ['transition_refused', 'open', 'in_progress', 'transition_refused', 'incident_closed'],
    start: ['in_progress', 'in_progress', 'transition_refused', 'transition_refused', 'incident_closed'],
    resolve: ['resolved', 'resolved', 'resolved', 'transition_refused', 'incident_closed'],
    close: ['closed', 'closed', 'closed', 'closed', 'transition_refused'],
    reopen: ['transition_refused', 'transition_refused', 'transition_refused', 'open', 'open'],
    note: [...STATUSES],
    merge: ['open', 'assigned', 'in_progress', 'transition_refused', 'incident_closed'],
    split: ['open', 'assigned', 'in_progress', 'resolved', 'incident_closed'],
  }
  it.each(Object.entries(table))('%s', (step, row) => {
    expect(STATUSES.map((from) => Object.values(stepFrom(from, step as CommandAction, false))[0])).toEqual(row)
  })

  it('reopens to its assignee where it has one', () => {
    expect(stepFrom('closed', 'reopen', true)).toEqual({ to: 'assigned' })
  })
})

function opened(): { bench: Bench; id: string } {
  const bench = new Bench()
  bench.feed(problem('a', 0, { asset: 'web' }), problem('b', 1, { asset: 'web' }), problem('z', 2))
  return { bench, id: bench.incidentOf('a')!.incidentId }
}

it('answers each command with one outcome and drops its twin', () => {
  const { bench, id } = opened()
  bench.feed(command('c1', id, 'acknowledge'), command('c1', id, 'acknowledge'), command('c2', id, 'acknowledge'))
  expect(bench.outcomes.map(({ commandId, status, code }) => [commandId, status, code])).toEqual([['c1', 'done', null], ['c2', 'refused', 'transition_refused']])
  expect(bench.fates.at(-2)).toMatchObject({ kind: 'dropped', reason: 'duplicate_command' })
  expect(bench.incidents.get(id)).toMatchObject({ status: 'open', acknowledgedAtMs: T0 + 4 })
})

it('remembers command ids across a restart, for a day', () => {
  const { bench, id } = opened()
  bench.feed(command('c1', id, 'acknowledge'))
  bench.restart()
  bench.feed(command('c1', id, 'acknowledge'))
  expect(bench.fates.at(-1)).toMatchObject({ reason: 'duplicate_command' })
})

it('walks an incident from open to closed and back', () => {
  const { bench, id } = opened()
  const status = (action: CommandAction, more = {}) => {
    bench.feed(command(`c${bench.fates.length}`, id, action, more))
    return bench.incidents.get(id)!.status
  }
  expect([status('assign', { assignee: 'u7' }), status('start'), status('resolve', { text: 'done' }), status('close'), status('reopen')])
    .toEqual(['assigned', 'in_progress', 'resolved', 'closed', 'assigned'])
  expect(bench.incidents.get(id)).toMatchObject({ assignee: 'u7', reopenCount: 1, closedAtMs: null, resolvedAtMs: null })
})

it('refuses with a code that says why', () => {
  const { bench, id } = opened()
  const code = (...args: Parameters<typeof command>) => {
    bench.feed(command(...args))
    return bench.outcomes.at(-1)!.code
  }
  const { version } = bench.incidents.get(id)!
  expect(code('1', 'inc_none', 'start')).toBe('incident_unknown')
  expect(code('2', id, 'start', { companyId: 'other' })).toBe('incident_unknown')
  expect(code('3', id, 'start', { judgedVersion: version - 1 })).toBe('version_stale')
  expect(code('4', id, 'start', { judgedVersion: version })).toBe(null)
  expect(code('5', id, 'split', { problemKeys: ['z'] })).toBe('problem_unknown')
  expect(code('6', id, 'split', { problemKeys: ['a', 'b'] })).toBe('transition_refused')
  expect(code('7', id, 'merge', { intoIncidentId: id })).toBe('merge_refused')
  expect(code('8', id, 'note', { text: '  ' })).toBe('bad_request')
  expect(code('9', id, 'close')).toBe(null)
  expect(code('10', id, 'assign', { assignee: 'u' })).toBe('incident_closed')
  expect(code('11', bench.incidentOf('z')!.incidentId, 'merge', { intoIncidentId: id })).toBe('merge_refused')
})

it('keeps a note apart from the incident and counts it as a change', () => {
  const { bench, id } = opened()
  bench.feed(command('n', id, 'note', { text: 'called the site' }))
  expect(bench.notes).toMatchObject([{ incidentId: id, text: 'called the site', commandId: 'n' }])
  expect(bench.incidents.get(id)!.causeId).toBe('n')
})

it('keeps the reason of a reopening as a note', () => {
  const { bench, id } = opened()
  bench.feed(command('r', id, 'resolve'), command('o', id, 'reopen', { text: 'it is back' }), command('s', id, 'resolve'), command('p', id, 'reopen'))
  expect(bench.notes).toMatchObject([{ incidentId: id, text: 'it is back', commandId: 'o' }])
  expect(bench.outcomes.map(({ status }) => status)).toEqual(['done', 'done', 'done', 'done'])
})

it('merges into the oldest, whichever was named, and follows the alias afterwards', () => {
  const { bench, id } = opened()
  const z = bench.incidentOf('z')!.incidentId
  bench.feed(command('m', id, 'merge', { intoIncidentId: z }))
  expect(bench.incidents.get(z)).toMatchObject({ mergedInto: id })
  expect(bench.groups()).toEqual(['a b z'])
  bench.feed(command('s', z, 'start'))
  expect(bench.outcomes.at(-1)).toMatchObject({ incidentId: id, status: 'done' })
  bench.restart()
  bench.feed(command('r', z, 'resolve'))
  expect(bench.incidents.get(id)).toMatchObject({ status: 'resolved', problemCount: 3 })
})

it('splits problems off under an id of the command and never joins the halves again by itself', () => {
  const { bench, id } = opened()
  bench.feed(command('s', id, 'split', { problemKeys: ['b'] }))
  expect(bench.groups()).toEqual(['a', 'b', 'z'])
  expect(bench.problems.get('b')!.evidence.rule).toBe('split')
  expect(bench.incidents.get(id)).toMatchObject({ problemCount: 1, cause: 'split' })
  bench.feed(problem('c', 3, { asset: 'web' }))
  expect(bench.groups()).toHaveLength(3)
  bench.restart()
  bench.feed(problem('d', 4, { asset: 'web' }))
  expect(bench.groups()).toHaveLength(3)
})
