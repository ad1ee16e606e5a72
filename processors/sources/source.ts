import type { DeliveryContext, NormalisedAlert, Rejected } from '../../schemas/alert.ts'

export type { DeliveryContext, NormalisedAlert, Rejected }

/** What one payload becomes: alerts, and elements that could not be read. An empty list is a valid message that carries no alert. */
export type Normalised = readonly (NormalisedAlert | Rejected)[]

/** How the payloads of one kind of monitoring tool are read. */
export interface SourceAdapter {
  /** The source id, which is the folder's name and the last part of the webhook's path. */
  readonly id: string
  /** Pure, total on any JSON value and deterministic; the payload may be frozen; at most ALERTS_MAX elements and one refusal come back. */
  normalise(payload: unknown, context: DeliveryContext): Normalised
}
