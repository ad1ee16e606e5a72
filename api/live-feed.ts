import type { CommandOutcome, IncidentChanged } from '../schemas/records.ts'
import type { LiveHub } from './live-hub.ts'
import type { Settlements } from './settlements.ts'

/** What a batch of the projection changed, once its rows are committed. */
export interface Shown {
  readonly incidents: readonly { readonly change: IncidentChanged; readonly number: number; readonly isNew: boolean }[]
  readonly outcomes: readonly Pick<CommandOutcome, 'commandId'>[]
}

/** Tells waiting commands and live listeners of a batch. Data is small on purpose: whoever needs more reads the incident. */
export function feedProjected(shown: Shown, targets: { readonly live: LiveHub; readonly settlements: Settlements }): void {
  for (const { commandId } of shown.outcomes) targets.settlements.settled(commandId)
  for (const { change, number, isNew } of shown.incidents) {
    const { incidentId: id, companyId, version, status, severity, title, assignee, alertCount, problemCount, mergedInto } = change
    targets.live.publish({
      type: isNew ? 'incident_created' : 'incident_updated', companyId, assignee,
      data: { id, companyId, number, version, status, severity, title, assignee, alertCount, problemCount, mergedInto },
    })
  }
}
