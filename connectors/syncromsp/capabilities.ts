/** What Syncro can do. It takes files by a public address alone, shows parents and sets none, and has no knowledge base in its API. */
import type { Capabilities } from '../port.ts'

export const capabilities: Capabilities = {
  publicNote: true, internalNote: true, assign: true, reopen: true, attach: false, time: true, findByExternalRef: true, parent: false, joins: 'link', companies: true, assets: true, knowledge: false, changes: 'webhook',
}
