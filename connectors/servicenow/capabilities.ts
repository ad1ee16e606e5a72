/** What ServiceNow can do. A closed incident cannot be reopened there, and takes nothing more from those who write incidents. Time is not booked: an incident has a stop watch for people, and time cards belong to resource management. */
import type { Capabilities } from '../port.ts'

export const capabilities: Capabilities = {
  publicNote: true, internalNote: true, assign: true, reopen: true, closesForGood: true, attach: true, time: false, findByExternalRef: true, parent: true, joins: 'link', companies: true, assets: true, knowledge: true, change: true, changes: 'webhook',
}
