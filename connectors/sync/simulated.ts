/** A ticket system that is only played: mode demo shows what tickets would be without a connection and without a call. */
import type { Capabilities } from '../port.ts'
import type { ReadyConnection } from './ports.ts'
import type { PlanTarget } from './want.ts'

const ABLE: Capabilities = { publicNote: true, internalNote: true, assign: true, reopen: true, attach: true, time: true, findByExternalRef: true, parent: true, joins: 'link', companies: false, assets: false, knowledge: false, changes: 'webhook' }

/** Where simulated tickets go: as the connection there is would have it, or nowhere. */
export function simulatedTarget(ready: ReadyConnection | null): PlanTarget {
  return {
    connectionId: ready?.connection.id ?? null, connector: ready?.connector.id ?? 'simulated', capabilities: ready?.connector.capabilities ?? ABLE, mapping: ready?.connection.mapping ?? { status: {}, priority: {}, place: {} },
    party: { companyId: null, contactId: null, assetIds: [] }, assigneeId: null,
  }
}
