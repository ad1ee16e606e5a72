/** What Jira Service Management can do. Machines are kept in Assets, an interface of its own with its own address and plan. */
import type { Capabilities } from '../port.ts'

export const capabilities: Capabilities = {
  publicNote: true, internalNote: true, assign: true, reopen: true, attach: true, time: true, findByExternalRef: true, parent: true, joins: 'link', companies: true, assets: false, knowledge: true, changes: 'webhook',
}
