import type { DeliveryContext, NormalisedAlert, Rejected } from '../../schemas/alert.ts'

export type { DeliveryContext, NormalisedAlert, Rejected }

/** What one payload becomes: alerts, and elements that could not be read. An empty list is a valid message that carries no alert. */
export type Normalised = readonly (NormalisedAlert | Rejected)[]

/** What a person needs to point a tool at us; `docs/sources/<id>.md` is made from it and from the folder's README. */
export interface SourceGuide {
  /** The tool's name as its vendor writes it: `Uptime Kuma`. */
  readonly name: string
  /** The shelf it stands on in the index of tools. */
  readonly family: SourceFamily
  /** Where to click and what to paste, one step each, in the words of the tool's own screens. `{url}` stands for the webhook's address, `{base}` for its part before the path, `{key}` for the API key. */
  readonly setup: readonly string[]
  /** How the tool proves itself to us, as its vendor documents it: which header or scheme carries the key, whether it can sign, what to switch off where it cannot. */
  readonly authentication: string
  /** What it can prove itself with; decides how its integration is made, and must agree with the doors of the edge. */
  readonly proof: SourceProof
  /** The body to paste, for tools whose users write it themselves; the adapter reads exactly this. Null for a fixed payload. */
  readonly template: string | null
  /** Vendor pages the adapter follows. */
  readonly references: readonly string[]
}

/**
 * `none`: it neither signs nor sends a secret that could be checked, so its integration must not require a signature. `optional`: it signs where it is
 * set up to, with the HMAC secret of the integration or a certificate of its vendor. `vendor-secret`: by a secret that the integration has to store first.
 */
export type SourceProof = 'none' | 'optional' | 'vendor-secret'

/** Families of tools, as MSPs speak of them. */
export type SourceFamily = 'metrics' | 'logs' | 'apm' | 'uptime' | 'cloud' | 'network' | 'rmm' | 'backup' | 'security' | 'on-call' | 'format'

/** How the payloads of one kind of monitoring tool are read. */
export interface SourceAdapter {
  /** The source id, which is the folder's name and the last part of the webhook's path. */
  readonly id: string
  readonly guide: SourceGuide
  /** Pure, total on any JSON value and deterministic; the payload may be frozen; at most ALERTS_MAX elements and one refusal come back. */
  normalise(payload: unknown, context: DeliveryContext): Normalised
}
