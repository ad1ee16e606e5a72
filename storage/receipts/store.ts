import type { Scope } from '../../schemas/access.ts'
import { openCodec, type SchemaIds } from '../../schemas/codec.ts'
import type { DeliveryFilter, DeliveryLine, DeliveryView } from '../../schemas/receipts.ts'
import { TOPICS } from '../../schemas/topics.ts'
import type { Page, PageQuery } from '../../schemas/views.ts'
import type { FactSource } from '../queries/analytics-scope.ts'
import { scopeOf, type Span } from '../queries/analytics-store.ts'
import type { Sql } from '../queries/sql.ts'
import { listDeliveries } from './delivery-list.ts'
import { receiptOf, type DeliveryName, type ReceiptPorts } from './receipt.ts'
import type { TailedLog } from './unrecorded.ts'

/** Receipts of deliveries over the facts, the projection and the end of the log. */
export async function openReceipts(options: { readonly facts: FactSource; readonly sql: Sql; readonly log: TailedLog; readonly schemaIds: SchemaIds }) {
  const { schemaIds, ...rest } = options
  const ports: ReceiptPorts = { ...rest, raw: await openCodec(TOPICS.raw.name, schemaIds), ledger: await openCodec(TOPICS.alerts.name, schemaIds), letters: await openCodec(TOPICS.deadLetter.name, schemaIds) }
  return {
    /** The receipt; null where the caller's companies have no such delivery. */
    get: (scope: Scope, name: DeliveryName): Promise<DeliveryView | null> => receiptOf(ports, scope, name),
    /** Newest first. */
    list: (span: Span, filter: DeliveryFilter, page: PageQuery): Promise<Page<DeliveryLine>> => listDeliveries(ports.facts, scopeOf(span), filter, page),
  }
}
