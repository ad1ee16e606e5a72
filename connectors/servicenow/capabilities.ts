/** What ServiceNow can do. Time is not booked: an incident has a stop watch for people, and time cards belong to resource management. */
import type { Capabilities } from '../port.ts'

export const capabilities: Capabilities = {
  publicNote: true, internalNote: true, assign: true, reopen: true, attach: true, time: false, findByExternalRef: true, parent: true, joins: 'link', companies: true, assets: true, knowledge: true, change: true, changes: 'webhook',
}
