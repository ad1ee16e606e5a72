/**
 * The stage on correlation.v1, the only writer of incidents.
 *
 * Key: company. Out: incidents.v1. State, all of it by company: incidents (a day after they closed), problems (two hours after their incident
 * ended), settings, topology, command ids (24 h, 10,000), what patterns are learned from (28 days, bounded: insight/patterns.ts); and the time of
 * the upstream partitions. Problem events and progress records move `now`; everything expires by it, record by record.
 * Fates: a problem event is emitted, absorbed (overflow) or dropped as `stale`, `problem_unknown` or `switched_off`; a command is emitted or dropped as
 * `duplicate_command`; settings and topology are absorbed or dropped as `stale`; progress is absorbed into the time.
 */
import type { CorrelateEntry, CorrelationRecord, IncidentRecord } from '../schemas/records.ts'
import type { Fate, Positioned, Stage } from '../processors/stage.ts'
import { applyCommand } from './commands.ts'
import { applyProblem, type Outcome } from './problems.ts'
import { rejudgeCompany, releaseDue } from './quiet/release.ts'
import { runDue } from './retirement.ts'
import { forgetOld } from './insight/patterns.ts'
import { rulesOf } from './rules/rule-book.ts'
import { tuningOf } from './settings.ts'
import { World } from './world.ts'

/** Problems of one company that may fire at once before further ones join the overflow problem. */
export const OPEN_MAX = 100_000

const DAY_MS = 86_400_000

/** What the stage may be built with. */
export interface CorrelateOptions {
  /** Default 100,000. */
  readonly maxOpenProblems?: number
}

/** Makes the stage. */
export function correlateStage(options: CorrelateOptions = {}): Stage<CorrelationRecord, IncidentRecord, CorrelateEntry> {
  const openMax = options.maxOpenProblems ?? OPEN_MAX
  return {
    name: 'correlate',
    process(batch, state) {
      const world = state.derived(World.of)
      world.openMax = openMax
      const fates: Fate[] = []
      for (const input of batch) {
        const { kind, reason } = apply(world, input)
        fates.push(reason === undefined ? { position: input.position, kind } : { position: input.position, kind, reason })
      }
      return { fates, out: world.flush(state) }
    },
    origin: ({ event }) => ({ companyId: event.type === 'progress' ? null : event.companyId, delivery: null }),
  }
}

function apply(world: World, input: Positioned<CorrelationRecord>): Outcome {
  const { event } = input.record
  const { position } = input
  if (event.type === 'problem' || event.type === 'progress') {
    const today = Math.floor(world.upstream.nowMs / DAY_MS)
    if (world.hear(event.partition, event.atMs)) {
      runDue(world, position)
      releaseDue(world, position)
      world.settle()
      if (Math.floor(world.upstream.nowMs / DAY_MS) > today) for (const company of world.companies.values()) forgetOld(world, company)
    }
    if (event.type === 'progress') return { kind: 'absorbed', reason: 'time' }
  }
  const outcome = event.type === 'problem' ? applyProblem(world, event, position, world.openMax)
    : event.type === 'command' ? applyCommand(world, event, position, input.atMs)
    : configure(world, event, position)
  world.settle()
  return outcome
}

function configure(world: World, event: Extract<CorrelationRecord['event'], { type: 'settings' | 'topology' }>, position: number): Outcome {
  const company = world.company(event.companyId)
  if (event.type === 'settings') {
    if (event.revision <= company.settingsRevision) return { kind: 'dropped', reason: 'stale' }
    // Priorities told up to here were judged by the settings up to here.
    world.tellCompany(event.companyId)
    company.settingsRevision = event.revision
    company.tuning = tuningOf(event)
    const { rules, graph } = company
    company.rule(rulesOf(event, company.rules))
    company.nameAssets(event.aliases)
    world.keep(`${event.companyId}|s`, { event: { ...event, type: 'company' } })
    if (company.rules !== rules || company.graph !== graph) rejudgeCompany(world, company, position)
    return { kind: 'absorbed', reason: 'settings' }
  }
  if (event.revision <= company.topologyRevision) return { kind: 'dropped', reason: 'stale' }
  company.topologyRevision = event.revision
  company.connect(event.edges)
  world.keep(`${event.companyId}|t`, { event })
  rejudgeCompany(world, company, position)
  return { kind: 'absorbed', reason: 'topology' }
}
