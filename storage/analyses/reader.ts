/** The reading half of the role `analyse`: the list of incidents that deserve an analysis. Which does is decided by whoever starts it. */
import type { AnalysisReason } from '../../schemas/analysis-views.ts'
import type { IncidentChanged } from '../../schemas/records.ts'
import { PATIENCE_MS, QUIET_MS, startIncidentReader, type IncidentReader, type IncidentReaderOptions } from '../incident-reader.ts'
import { listWanted, type LastJudged, type Wanted } from './queue.ts'

/** Name of the consumer group, and of the reader in `reader_positions`. */
export const ANALYSE_READER = 'aw-analyse'

/** What the reader is built from. */
export interface AnalysisReaderOptions extends Omit<IncidentReaderOptions, 'reader' | 'purpose' | 'list'> {
  /** Why an incident deserves an analysis; null: it does not. */
  readonly wants: (incident: IncidentChanged, last: LastJudged | null) => AnalysisReason | null
}

/** A running reader. */
export type AnalysisReader = IncidentReader

/** Starts reading. */
export function startAnalysisReader({ wants, ...options }: AnalysisReaderOptions): Promise<AnalysisReader> {
  return startIncidentReader({
    ...options, reader: ANALYSE_READER, purpose: 'analyses',
    list: (sql, partition, told) => listWanted(sql, told.map(({ incident: { incidentId, companyId } }) => ({ incidentId, companyId })), (lastOf) => told.map(({ incident, atMs }): Wanted => ({
      incidentId: incident.incidentId, companyId: incident.companyId, partition, version: incident.version, why: wants(incident, lastOf(incident.incidentId)),
      findings: incident.findings, rootCause: incident.rootCause, classification: incident.classification, atMs, quietMs: QUIET_MS, patienceMs: PATIENCE_MS,
    })), options.nowMs()),
  })
}
