/** What Zendesk can do. Time is kept by an app in fields of each account's own, so none is booked; a closed ticket is never changed again. */
import type { Capabilities } from '../port.ts'

export const capabilities: Capabilities = {
  publicNote: true, internalNote: true, assign: true, reopen: true, closesForGood: true, attach: true, time: false, findByExternalRef: true, parent: true, joins: 'merge', companies: true, assets: true, knowledge: true, changes: 'webhook',
}
