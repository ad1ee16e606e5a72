import { hash } from 'node:crypto'

/** Hex characters of a delivery id: 128 bits. */
export const DELIVERY_ID_CHARS = 32

/** The delivery id for a sender's id: the same each time within an integration, and telling nothing about it. */
export function deliveryIdFor(integrationId: string, senderId: string): string {
  return `dlv_${hash('sha256', `${integrationId}\n${senderId}`, 'hex').slice(0, DELIVERY_ID_CHARS)}`
}
