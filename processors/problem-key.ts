/** The identity of a problem: which observations are one and the same trouble. */
import { createHash } from 'node:crypto'
import type { NormalisedAlert } from '../schemas/alert.ts'

/** Longer escaped ids are replaced by their SHA-256, so a key stays a bounded index entry. */
const ID_MAX_CHARS = 200

/** The key all further new problems of a company join once it has too many open ones. */
export const overflowKey = (integrationId: string): string => `v1:${integrationId}:overflow`

/** The key of the problem that an integration is silent. No vendor id can be it: a colon of theirs is escaped. */
export const missingKey = (integrationId: string): string => `v1:${integrationId}:heartbeat:missing`

/**
 * `v1:<integration id>:<escaped vendor id>`; without a vendor id `<asset>|<check>`. On the shared generic endpoint the tool's name stands
 * before the id, so two tools there stay two. An alert that has neither id, asset nor check is known by its title alone: one problem a
 * text is noisier than one for all, but hides nothing.
 */
export function problemKeyOf(integrationId: string, alert: NormalisedAlert, isSharedEndpoint: boolean): string {
  const tool = isSharedEndpoint ? `${escape(alert.source)}/` : ''
  return `v1:${integrationId}:${bounded(tool + identityOf(alert))}`
}

function identityOf(alert: NormalisedAlert): string {
  if (alert.externalId !== null) return escape(alert.externalId)
  if (alert.asset !== null || alert.signature !== null) return `${escape(alert.asset ?? '')}|${escape(alert.signature ?? '')}`
  return `|title:${sha256(alert.title)}`
}

function bounded(id: string): string {
  return id.length <= ID_MAX_CHARS ? id : `sha256:${sha256(id)}`
}

/** Escapes what separates the parts of a key, and control characters. */
function escape(text: string): string {
  return text.replace(/[%:|/\u0000-\u001f\u007f]/g, (char) => `%${char.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
