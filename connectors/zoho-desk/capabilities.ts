/** What Zoho Desk can do. A parent can be given when a ticket is made, but not later and never be read back, so that it is not claimed. */
import type { Capabilities } from '../port.ts'

export const capabilities: Capabilities = {
  publicNote: true, internalNote: true, assign: true, reopen: true, attach: true, time: true, findByExternalRef: true, parent: false, joins: 'merge', companies: true, assets: false, knowledge: true, changes: 'webhook',
}
