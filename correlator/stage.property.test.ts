/** Properties of the whole stage over random streams: what must hold whatever comes, in whatever order and cut. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { CommandAction, CorrelationRecord, ProblemEvent } from '../schemas/records.ts'
import { Bench, T0, command, problem } from './test-records.ts'

type Event = CorrelationRecord['event']

const COMPANIES = ['acme', 'bolt']
const ACTIONS: CommandAction[] = ['acknowledge', 'assign', 'start', 'resolve', 'close', 'reopen', 'note', 'merge', 'split']

/** Rule books that come into force in mid-stream. */
const RULES = [
  '',
  '{"grouping":[{"id":"site","kind":"group_by","when":["signature!=check-0"],"by":["site"]}]}',
  '{"grouping":[{"id":"apart","kind":"never_join","left":["asset=~host-[0-2]"],"right":["asset=~host-[3-5]"]},{"id":"kind","kind":"group_by","when":["source=zabbix"],"by":["signature"]}]}',
  '{"grouping":[{"id":"pair","kind":"always_join","left":["signature=check-1"],"right":["signature=check-2"],"equal":["site"]}]}',
  '{"grouping":[{"id":"pair","kind":"always_join","left":["signature=check-1"],"right":["signature=check-2"]},{"id":"tools","kind":"never_join","left":["source=zabbix"],"right":["source=datadog"]}]}',
  JSON.stringify({
    maintenance: [{ id: 'm', when: ['labels.site=site-1'], timeZone: 'Europe/Berlin', reason: 'r', schedule: { kind: 'daily', from: '23:15', minutes: 30 } }],
    silences: [{ id: 's', when: ['asset=host-2'], startsAt: new Date(T0).toISOString(), endsAt: new Date(T0 + 300_000).toISOString(), reason: 'r', by: 'Ada' }],
    inhibitions: [{ id: 'i', source: ['signature=check-0'], target: ['signature=check-1'], equal: ['labels.host'] }], holds: [{ id: 'h', when: ['signature=check-2'], minutes: 1 }],
  }),
  JSON.stringify({ inhibitions: [{ id: 'i', source: ['source=zabbix'], target: ['source=zabbix'], equal: [] }], holds: [{ id: 'h', when: [], minutes: 2 }], switches: { dependencySuppression: false } }),
]

/** What may happen next; `stream` turns it into a record that fits what happened before. */
interface Move {
  readonly kind: 'problem' | 'command' | 'progress' | 'settings' | 'topology' | 'again'
  readonly company: number
  readonly asset: number
  readonly signature: number
  readonly site: number
  readonly pauseMs: number
  readonly action: number
  readonly partition: number
}

const moves = (most: number): fc.Arbitrary<Move[]> => fc.array(fc.record({
  kind: fc.oneof(
    { weight: 12, arbitrary: fc.constant<Move['kind']>('problem') }, { weight: 3, arbitrary: fc.constant<Move['kind']>('command') },
    { weight: 2, arbitrary: fc.constant<Move['kind']>('progress') }, { weight: 1, arbitrary: fc.constantFrom<Move['kind']>('settings', 'topology', 'again') },
  ),
  company: fc.nat(1), asset: fc.nat(5), signature: fc.nat(3), site: fc.nat(1),
  pauseMs: fc.oneof({ weight: 6, arbitrary: fc.nat(40_000) }, { weight: 1, arbitrary: fc.nat(5_000_000) }, { weight: 1, arbitrary: fc.nat(200_000_000) }),
  action: fc.nat(ACTIONS.length - 1), partition: fc.nat(1),
}), { minLength: 1, maxLength: most })

/** A stream: problems open, repeat, resolve and reopen in turn; commands name incidents that an uncut run makes. */
function stream(list: readonly Move[], companies = COMPANIES): Event[] {
  const events: Event[] = []
  const open = new Map<string, ProblemEvent>()
  const shadow = new Bench()
  let atMs = T0
  list.forEach((move, i) => {
    atMs += move.pauseMs
    const companyId = companies[move.company % companies.length] ?? 'acme'
    let event: Event
    if (move.kind === 'progress') event = { type: 'progress', partition: move.partition, atMs, version: i }
    else if (move.kind === 'settings') event = { type: 'settings', companyId, revision: i, windowMs: 300_000 + move.asset * 60_000, maxLifeMs: 7_200_000, joinThreshold: 0.4 + move.site * 0.2, weights: {}, criticalAssets: [`host-${move.asset}`], aliases: {}, rules: RULES[move.action % RULES.length] ?? '', rulesRevision: i }
    else if (move.kind === 'topology') event = { type: 'topology', companyId, revision: i, edges: edgesOf(move) }
    else if (move.kind === 'again' && events.length > 0) event = events[(i * 7) % events.length] as Event
    else if (move.kind === 'command') {
      const ids = [...shadow.incidents.values()].filter((incident) => incident.companyId === companyId).map(({ incidentId }) => incidentId)
      const keys = [...shadow.problems.values()].filter((placed) => placed.problem.companyId === companyId).map((placed) => placed.problem.problemKey)
      event = command(`c${i}`, ids[move.asset % Math.max(1, ids.length)] ?? 'inc_none', ACTIONS[move.action] ?? 'note', {
        companyId, text: 'text', assignee: move.site === 0 ? 'u1' : null, intoIncidentId: ids[(move.asset + 1) % Math.max(1, ids.length)] ?? null, problemKeys: keys.slice(0, 1),
      })
    } else event = problemMove(open, move, companyId, atMs, i)
    shadow.feed(event)
    events.push(event)
  })
  return events
}

/** Calls, or lines that hang one host on another, also in circles. */
function edgesOf({ asset, signature, site, action }: Move): { from: string; to: string; kind: string }[] {
  if (site === 0) return [{ from: `host-${asset}`, to: `host-${signature}`, kind: 'calls' }]
  return [1, 2, 3, 4].map((step) => ({ from: `host-${(asset + step) % 6}`, to: `host-${(asset + (action % 2 === 0 ? step - 1 : Math.floor(step / 2))) % 6}`, kind: 'uplink' })).concat({ from: `host-${signature}`, to: `host-${asset}`, kind: 'uplink' })
}

function problemMove(open: Map<string, ProblemEvent>, move: Move, companyId: string, atMs: number, version: number): ProblemEvent {
  const key = `v1:int:host-${move.asset}|check-${move.signature}`
  const before = open.get(companyId + key)
  const names = {
    companyId, asset: `host-${move.asset}`, signature: `check-${move.signature}`, labels: { site: `site-${move.site}`, host: `node-${move.asset % 2}`, ...(move.action > 6 ? { parent: `host-${(move.asset + 1) % 6}` } : {}) }, title: move.signature === 3 ? 'host is down' : `check ${move.signature}`,
    source: move.action % 2 === 0 ? 'zabbix' : 'datadog', atMs, lastAtMs: atMs, version, partition: move.partition,
  }
  let event: ProblemEvent
  if (before === undefined) event = problem(key, 0, { ...names, firstAtMs: atMs, alertId: `${companyId}-${version}` })
  else if (before.status === 'resolved') event = { ...before, ...names, change: 'reopened', status: 'firing', episode: before.episode + 1, count: 1, firstAtMs: atMs, resolvedAtMs: null, alertId: `${companyId}-${version}` }
  else if (move.action < 3) event = { ...before, ...names, change: 'repeated', count: before.count + 1 }
  else event = { ...before, ...names, change: move.action === 8 ? 'expired' : 'resolved', status: 'resolved', resolvedAtMs: atMs }
  open.set(companyId + key, event)
  return event
}

const byVersion = (bench: Bench): Map<string, unknown> => {
  const told = new Map<string, unknown>()
  for (const event of bench.told) {
    const id = event.type === 'incident' ? event.incidentId : event.type === 'problem' ? `${event.problem.companyId} ${event.problem.problemKey}` : event.commandId
    told.set(`${event.type} ${id} ${event.version}`, event)
  }
  return told
}

it('gives every input exactly one fate, in order', () => {
  fc.assert(fc.property(moves(60), (list) => {
    const bench = new Bench({ maxOpenProblems: 8 })
    const events = stream(list)
    bench.feed(...events)
    expect(bench.fates.map(({ position }) => position)).toEqual(events.map((_, i) => i + 1))
    const commands = new Set(events.flatMap((event) => (event.type === 'command' ? [event.commandId] : [])))
    expect(bench.outcomes.map(({ commandId }) => commandId).sort()).toEqual([...commands].sort())
  }), { numRuns: 150 })
})

it('does not depend on how the log is cut into batches, nor on restarts between them', () => {
  fc.assert(fc.property(moves(80), fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 8 }), fc.boolean(), (list, cuts, restarts) => {
    const events = stream(list)
    const [whole, cut] = [new Bench({ maxOpenProblems: 8 }), new Bench({ maxOpenProblems: 8 })]
    whole.feed(...events)
    for (let at = 0, i = 0; at < events.length; i += 1) {
      const size = cuts[i % cuts.length] ?? 1
      cut.feed(...events.slice(at, at + size))
      if (restarts) cut.restart()
      at += size
    }
    expect(cut.fates).toEqual(whole.fates)
    const [a, b] = [byVersion(whole), byVersion(cut)]
    // A coarser cut may skip versions, but what it tells of a version is the same.
    for (const [version, told] of a) expect(b.get(version), version).toEqual(told)
    expect(Object.fromEntries(cut.incidents)).toEqual(Object.fromEntries(whole.incidents))
    expect(Object.fromEntries(cut.problems)).toEqual(Object.fromEntries(whole.problems))
    expect(Object.fromEntries(cut.stored())).toEqual(Object.fromEntries(whole.stored()))
  }), { numRuns: 300 })
})

it('keeps companies apart: a company alone gets the same incidents as beside another', () => {
  fc.assert(fc.property(moves(60), (list) => {
    const events = stream(list)
    const [both, alone] = [new Bench(), new Bench()]
    for (const event of events) {
      both.feed(event)
      if (event.type === 'progress' || event.companyId === 'acme') alone.feed(event)
      else if (event.type === 'problem') alone.feed({ type: 'progress', partition: event.partition, atMs: event.atMs, version: event.version })
      // Keeps the positions in step; dropped as stale.
      else alone.feed({ type: 'settings', companyId: 'bolt', revision: -1, windowMs: 0, maxLifeMs: 0, joinThreshold: 0, weights: {}, criticalAssets: [], aliases: {}, rules: '', rulesRevision: 0 })
    }
    const ofAcme = (bench: Bench) => [...bench.incidents.values()].filter(({ companyId }) => companyId === 'acme')
    expect(ofAcme(alone)).toEqual(ofAcme(both))
    expect(alone.incidents.size).toBe(ofAcme(both).length)
  }), { numRuns: 100 })
})

it('groups the same whatever the order and repetition of arrival within the lateness bound', () => {
  const arrivals = fc.array(fc.record({
    asset: fc.nat(5), signature: fc.nat(3), site: fc.nat(1), startsMs: fc.nat(900_000), delayMs: fc.nat(60_000), twice: fc.boolean(), lasts: fc.nat(200_000),
  }), { minLength: 1, maxLength: 40 })
  // A never_join depends on the order by its nature: a problem that fits both sides is with the one that came first.
  fc.assert(fc.property(arrivals, fc.constantFrom(...RULES.filter((rules) => !rules.includes('never_join') && !rules.includes('holds'))), (list, rules) => {
    const seen = new Set<string>()
    const timed: { event: ProblemEvent; atMs: number; lateMs: number }[] = []
    for (const { asset, signature, site, startsMs, delayMs, twice, lasts } of list) {
      const key = `host-${asset}|check-${signature}`
      if (seen.has(key)) continue
      seen.add(key)
      const opened = problem(key, startsMs / 1000, { asset: `host-${asset}`, signature: `check-${signature}`, labels: { site: `s${site}` }, title: signature === 3 ? 'host is down' : 't', version: startsMs, partition: asset })
      const atMs = T0 + startsMs + lasts
      const resolved: ProblemEvent = { ...opened, change: 'resolved', status: 'resolved', resolvedAtMs: atMs, lastAtMs: atMs, atMs, version: startsMs + lasts + 1 }
      timed.push({ event: opened, atMs: opened.atMs, lateMs: opened.atMs + delayMs })
      // A partition keeps its order: what resolves comes no earlier than what opened.
      timed.push({ event: resolved, atMs, lateMs: Math.max(atMs, opened.atMs + delayMs) })
      if (twice) timed.push({ event: opened, atMs: opened.atMs, lateMs: opened.atMs + delayMs + 1 })
    }
    const [inOrder, shuffled] = [new Bench(), new Bench()]
    for (const bench of [inOrder, shuffled]) {
      bench.feed({ type: 'settings', companyId: 'acme', revision: 1, windowMs: 300_000, maxLifeMs: 7_200_000, joinThreshold: 0.5, weights: {}, criticalAssets: [], aliases: {}, rules, rulesRevision: 1 })
    }
    for (const { event } of [...timed].sort((a, b) => a.atMs - b.atMs)) inOrder.feed(event)
    for (const { event } of [...timed].sort((a, b) => a.lateMs - b.lateMs)) shuffled.feed(event)
    expect(shuffled.groups()).toEqual(inOrder.groups())
  }), { numRuns: 300 })
})

it('shows a problem in an incident or keeps it quiet with a reason, never both and never neither, and counts only what it shows', () => {
  fc.assert(fc.property(moves(80), (list) => {
    const bench = new Bench()
    bench.feed(...stream(list))
    for (const event of bench.told) if (event.type === 'problem') expect(event.suppression === null, event.problem.problemKey).toBe(event.incidentId !== '')
    const alive = [...bench.incidents.values()].filter(({ mergedInto }) => mergedInto === null)
    const firing = [...bench.problems.values()].filter(({ suppression, problem: told }) => suppression === null && told.status === 'firing').length
    const shown = alive.reduce((sum, { openProblemCount }) => sum + openProblemCount, 0)
    // Of what nobody mentioned for two weeks the state has forgotten that it fires.
    expect(shown).toBeLessThanOrEqual(firing)
  }), { numRuns: 200 })
})

const HOSTS = 7

/** Runs arrivals in order of time, and in the order they come late, up to the lateness bound. */
function twoOrders(list: readonly { asset: number; signature: number; site: number; startsMs: number; delayMs: number; lasts: number; ends: boolean }[], parents: readonly (readonly number[])[], rules: string): [Bench, Bench] {
  const seen = new Set<string>()
  const timed: { event: ProblemEvent; atMs: number; lateMs: number }[] = []
  for (const { asset, signature, site, startsMs, delayMs, lasts, ends } of list) {
    const key = `host-${asset}|check-${signature}`
    if (seen.has(key)) continue
    seen.add(key)
    const atMs = T0 + startsMs
    const opened = problem(key, startsMs / 1000, { asset: `host-${asset}`, signature: `check-${signature}`, labels: { site: `s${site}` }, title: signature === 3 ? 'host is down' : `t${signature}`, atMs, firstAtMs: atMs, lastAtMs: atMs, version: startsMs, partition: seen.size })
    timed.push({ event: opened, atMs, lateMs: atMs + delayMs })
    const endMs = atMs + lasts
    if (ends) timed.push({ event: { ...opened, change: 'resolved', status: 'resolved', resolvedAtMs: endMs, lastAtMs: endMs, atMs: endMs, version: startsMs + lasts + 1 }, atMs: endMs, lateMs: Math.max(endMs, atMs + delayMs) })
  }
  // Lines only from a higher number to a lower one, so there is no circle: of those the timelines speak.
  const edges = parents.flatMap((to, from) => to.filter((other) => other < from).map((other) => ({ from: `host-${from}`, to: `host-${other}`, kind: 'uplink' })))
  const run = (order: typeof timed): Bench => {
    const bench = new Bench()
    bench.feed({ type: 'settings', companyId: 'acme', revision: 1, windowMs: 600_000, maxLifeMs: 7_200_000, joinThreshold: 0.5, weights: {}, criticalAssets: [], aliases: {}, rules, rulesRevision: 1 })
    bench.feed({ type: 'topology', companyId: 'acme', revision: 1, edges })
    const pass = (atMs: number, version: number): void => {
      for (let partition = 1; partition <= seen.size; partition += 1) bench.feed({ type: 'progress', partition, atMs, version })
    }
    // Every partition is known from the start, as ticks make it; now is the slowest of them.
    pass(T0 - 1, 0)
    for (const { event } of order) bench.feed(event)
    for (let step = 0; step < 20; step += 1) pass(T0 + 600_000 + step * 30_000, step)
    return bench
  }
  return [run(timed.toSorted((a, b) => a.atMs - b.atMs)), run(timed.toSorted((a, b) => a.lateMs - b.lateMs))]
}

const arriving = fc.array(fc.record({
  asset: fc.nat(HOSTS - 1), signature: fc.nat(3), site: fc.nat(1), startsMs: fc.nat(300_000), delayMs: fc.nat(59_000), lasts: fc.nat(200_000), ends: fc.boolean(),
}), { minLength: 1, maxLength: 30 })

const ORDERS = { numRuns: 400 }

it('keeps the same problems quiet whatever the order of arrival within the lateness bound', () => {
  const book = JSON.stringify({
    inhibitions: [{ id: 'i', source: ['signature=check-0'], target: ['signature=check-1'], equal: ['labels.site'] }],
    holds: [{ id: 'h', when: ['signature=check-2'], minutes: 2 }],
    silences: [{ id: 's', when: ['signature=check-2', 'asset=host-1'], startsAt: new Date(T0).toISOString(), endsAt: new Date(T0 + 120_000).toISOString(), reason: 'r', by: 'Ada' }],
  })
  const parents = fc.array(fc.uniqueArray(fc.nat(HOSTS - 1), { maxLength: 2 }), { minLength: HOSTS, maxLength: HOSTS })
  fc.assert(fc.property(arriving, parents, fc.constantFrom('', book), (list, lines, rules) => {
    const [inOrder, shuffled] = twoOrders(list, lines, rules)
    const quiet = (bench: Bench): string[] => [...bench.problems.values()].flatMap(({ problem: { problemKey }, suppression }) => (suppression === null ? [] : [problemKey])).sort()
    expect(quiet(shuffled)).toEqual(quiet(inOrder))
  }), ORDERS)
})

it('lets a problem outlive its hold whichever partition tells of the moment first', () => {
  const book = JSON.stringify({ holds: [{ id: 'h', when: ['signature=check-2'], minutes: 2 }] })
  const [inOrder, shuffled] = twoOrders([
    { asset: 0, signature: 2, site: 0, startsMs: 0, delayMs: 0, lasts: 120_002, ends: true }, { asset: 1, signature: 0, site: 0, startsMs: 120_001, delayMs: 1, lasts: 0, ends: false },
  ], [], book)
  for (const bench of [inOrder, shuffled]) expect(bench.problems.get('host-0|check-2')?.suppression).toBe(null)
})

it('groups what is shown the same whatever the order of arrival, where one line behind each host explains what is hidden', () => {
  const parents = fc.array(fc.array(fc.nat(HOSTS - 1), { maxLength: 1 }), { minLength: HOSTS, maxLength: HOSTS })
  fc.assert(fc.property(arriving, parents, (list, lines) => {
    const [inOrder, shuffled] = twoOrders(list, lines, '')
    expect(shuffled.groups()).toEqual(inOrder.groups())
  }), ORDERS)
})
