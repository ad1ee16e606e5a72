/** How long incidents took, and whether they kept what was agreed. */
import type { SlaFigures, SlaTarget, SlaView } from '../../schemas/views.ts'
import { inScope, scopeParams, type FactScope, type FactSource } from './analytics-scope.ts'

interface Row extends Omit<SlaFigures, 'keptShare'> { readonly name: string }

/** By which word incidents are counted. */
const GROUPS = { all: `''`, severity: 'severity', priority: 'toString(priority)' } as const

const HOURS = `dateDiff('millisecond', opened_at, resolved_at) / 3600000`
/** Minutes agreed for the incident's company and severity; 0: none. */
const TARGET = `toFloat64OrZero({targetMinutes:Array(String)}[indexOf({targetKeys:Array(String)}, concat(company_id, '|', severity))])`
const DUE = `toUnixTimestamp64Milli(opened_at) + ${TARGET} * 60000`
/** 1 kept, 0 breached, null: nothing is agreed, or it is not decided yet. What a ticket system judged holds. */
const KEPT = `multiIf(sla_state = 'kept', 1, sla_state = 'breached', 0, ${TARGET} = 0, null, resolved_at is not null, toUnixTimestamp64Milli(resolved_at) <= ${DUE} ? 1 : 0, {nowMs:Int64} > ${DUE}, 0, null)`

/**
 * Incidents opened in the scope; merged-away ones do not count. Times to resolve are over those resolved, from opening to the present resolution; an
 * incident that is open still and past its time counts as breached.
 */
export async function sla(source: FactSource, scope: FactScope, targets: readonly SlaTarget[], nowMs: number): Promise<SlaView> {
  const params = {
    ...scopeParams(scope), nowMs, targetKeys: targets.map(({ companyId, severity }) => `${companyId}|${severity}`), targetMinutes: targets.map(({ resolveMinutes }) => String(resolveMinutes)),
  }
  const rows = (by: keyof typeof GROUPS): Promise<Row[]> => source.query<Row>(
    `select ${GROUPS[by]} as name, count() as incidents, countIf(resolved_at is not null) as resolved, countIf(reopen_count > 0) as reopened,
       if(resolved = 0, null, avgIf(${HOURS}, resolved_at is not null)) as meanHoursToResolve,
       if(resolved = 0, null, quantileExactInclusiveIf(0.5)(${HOURS}, resolved_at is not null)) as medianHoursToResolve,
       if(countIf(acknowledged_at is not null) = 0, null, avgIf(dateDiff('millisecond', opened_at, acknowledged_at) / 60000, acknowledged_at is not null)) as meanMinutesToAcknowledge,
       countIf(${KEPT} = 1) as kept, countIf(${KEPT} = 0) as breached
     from incidents_v1 final where ${inScope('opened_at')} and merged_into = '' group by name order by name`,
    params,
  )
  const [[all], severities, priorities] = await Promise.all([rows('all'), rows('severity'), rows('priority')])
  return { ...figures(all ?? NOTHING), bySeverity: severities.map((row) => ({ severity: row.name, ...figures(row) })), byPriority: priorities.map((row) => ({ priority: Number(row.name), ...figures(row) })) }
}

const NOTHING: Row = { name: '', incidents: 0, resolved: 0, reopened: 0, meanHoursToResolve: null, medianHoursToResolve: null, meanMinutesToAcknowledge: null, kept: 0, breached: 0 }

function figures({ incidents, resolved, reopened, meanHoursToResolve, medianHoursToResolve, meanMinutesToAcknowledge, kept, breached }: Row): SlaFigures {
  const keptShare = kept + breached === 0 ? null : kept / (kept + breached)
  return { incidents, resolved, reopened, meanHoursToResolve, medianHoursToResolve, meanMinutesToAcknowledge, kept, breached, keptShare }
}
