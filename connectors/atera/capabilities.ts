/** What Atera can do. Its tickets name no machine; its API gives files and time to read only, shows relations and sets none, and searches nothing. */
import type { Capabilities } from '../port.ts'

export const capabilities: Capabilities = {
  publicNote: true, internalNote: true, assign: true, reopen: true, attach: false, time: false, findByExternalRef: true, parent: false, joins: 'link', companies: true, assets: false, knowledge: true, changes: 'poll',
}
