/** What Freshdesk can do. Machines are kept by its sister Freshservice. */
import type { Capabilities } from '../port.ts'

export const capabilities: Capabilities = {
  publicNote: true, internalNote: true, assign: true, reopen: true, attach: true, time: true, findByExternalRef: true, parent: true, joins: 'merge', companies: true, assets: false, knowledge: true, changes: 'webhook',
}
