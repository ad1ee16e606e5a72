import type { AlertStatus, Severity } from '../../../schemas/records.ts'
import type { SeverityTable, StatusTable } from '../words.ts'

/** A path below the event's `detail`, or several of which the first that has a text is taken. */
export type Path = string | readonly string[]

/** How the events of one `detail-type` are read; what is left out comes from the event itself. */
export interface Kind {
  /** Where the resource is named; an ARN is shortened. Default: the first of the event's `resources`. */
  readonly asset?: readonly Path[]
  /** Where the vendor's name of the condition stands. Default: the `detail-type`. */
  readonly signature?: readonly Path[]
  /** The vendor's id that ties begin to end. */
  readonly id?: readonly Path[]
  /** Begin and end arrive under different names: with the asset this word ties them. */
  readonly pair?: string
  /** Where the state stands, and what its words mean. */
  readonly state?: readonly Path[]
  readonly states?: StatusTable
  /** The state, where the `detail-type` says it. */
  readonly status?: AlertStatus
  readonly severity?: readonly Path[]
  readonly severities?: SeverityTable
  /** The severity, where the vendor's meaning of the event gives one. */
  readonly graded?: Severity
  readonly title?: readonly Path[]
  readonly message?: readonly Path[]
  /** Where the beginning stands. Default: the event's time, unless it says that something ended. */
  readonly startsAt?: readonly Path[]
}

/** Job states: what failed fires, what worked ends it, and steps on the way say neither. */
export const JOBS: StatusTable = {
  failed: 'firing', failure: 'firing', fault: 'firing', error: 'firing', timed_out: 'firing', timedout: 'firing', 'timed out': 'firing', timeout: 'firing', aborted: 'firing', expired: 'firing', partial: 'firing', stopped: 'firing', cancelled: 'firing', canceled: 'firing', abandoned: 'firing',
  succeeded: 'resolved', success: 'resolved', successful: 'resolved', completed: 'resolved', complete: 'resolved', available: 'resolved',
  // `ready` of a deployment and everything that still runs is neither.
}

/** INFO, WARN and ERROR of container events. */
export const EVENT_TYPES: SeverityTable = { info: 'info', warn: 'medium', warning: 'medium', error: 'high' }
