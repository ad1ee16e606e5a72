/** What HaloPSA can do. */
import type { Capabilities } from '../port.ts'

export const capabilities: Capabilities = {
  publicNote: true, internalNote: true, assign: true, reopen: true, attach: true, time: true, findByExternalRef: true, parent: true, joins: 'link', companies: true, assets: true, knowledge: false, changes: 'webhook',
}
