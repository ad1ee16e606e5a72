/** What writing a change has in common over all PSAs. */
import { createHash } from 'node:crypto'
import type { TicketAttachment, TicketChange, TicketNote } from '../schemas/tickets.ts'
import { ConnectorError, type Capabilities } from './port.ts'

/** Refuses, before anything is written, what the PSA cannot do. Throws `unsupported`. */
export function refuseUnsupported(change: TicketChange, capabilities: Capabilities): void {
  const asked: readonly (readonly [string, boolean])[] = [
    ['to assign', change.assigneeId !== undefined && !capabilities.assign], ['attachments', (change.attachments?.length ?? 0) > 0 && !capabilities.attach], ['time entries', (change.times?.length ?? 0) > 0 && !capabilities.time],
    ['change requests', (change.changeRequests?.length ?? 0) > 0 && capabilities.change !== true], ['parents', change.parent !== undefined && !capabilities.parent], ['public notes', change.notes?.some(({ isPublic }) => isPublic) === true && !capabilities.publicNote], ['internal notes', change.notes?.some(({ isPublic }) => !isPublic) === true && !capabilities.internalNote],
  ]
  const refused = asked.filter(([, isRefused]) => isRefused).map(([what]) => what)
  if (refused.length > 0) throw new ConnectorError('unsupported', `this PSA cannot do what was asked: ${refused.join(', ')}`)
}

/** Refuses change requests, where all else can be written. Throws `unsupported`. */
export function refuseChangeRequests({ changeRequests = [] }: TicketChange): void {
  if (changeRequests.length > 0) throw new ConnectorError('unsupported', 'this PSA cannot do what was asked: change requests')
}

/** The resolution as an internal note, for PSAs without a field for it; its token is made of its text, so the same one is written once. */
export function resolutionNote(resolution: string | undefined): readonly TicketNote[] {
  if (resolution === undefined || resolution.trim() === '') return []
  return [{ token: `aw-r-${createHash('sha256').update(resolution).digest('hex').slice(0, 12)}`, text: `Resolution: ${resolution}`, isPublic: false }]
}

/** A file's name of which nothing can be a path, a header or a command; may be empty. */
export function safeFileName(name: string): string {
  return name.replace(/[^\p{L}\p{N}._ -]+/gu, '_').replace(/^[. ]+/, '')
}

/** The bytes of a file, and its name without anything a path or a header could be made of. */
export function fileOf({ name, contentType, base64 }: TicketAttachment): { readonly name: string; readonly contentType: string; readonly bytes: Buffer } {
  const safe = safeFileName(name).slice(-120)
  return { name: safe === '' ? 'file' : safe, contentType: /^[\w.+-]+\/[\w.+-]+$/.test(contentType) ? contentType : 'application/octet-stream', bytes: Buffer.from(base64, 'base64') }
}
