/** `aw receipt`: what became of a delivery, alert by alert. */
import type { DeliveryElement, DeliveryView } from '../schemas/receipts.ts'
import type { ApiClient } from './client.ts'
import { cell } from './output.ts'

/** The receipt, by our id or, with an integration, by the sender's own. */
export function receipt(api: ApiClient, id: string, integration: string | undefined): Promise<DeliveryView> {
  return api.call<DeliveryView>('GET', `/api/deliveries/${encodeURIComponent(id)}${integration === undefined ? '' : `?integration=${encodeURIComponent(integration)}`}`)
}

/** The receipt as a person reads it. */
export function receiptText(view: DeliveryView): string {
  const { deliveryId, source, integrationId, receivedAt, accepted, counts, replays } = view
  const summary = Object.entries(counts).filter(([, count]) => count > 0).map(([state, count]) => `${count} ${state.replaceAll('_', ' ')}`).join(', ')
  return [
    `delivery     ${deliveryId}`, `source       ${cell(source, 64)}, integration ${integrationId}`, `received     ${receivedAt}, ${accepted} accepted`, `now          ${summary}`,
    ...replays.map(({ at, by }) => `sent anew    ${at} by ${cell(by, 60)}`), '', ...view.elements.flatMap(lines),
  ].join('\n')
}

function lines({ element, state, explanation, alert, incident, deadLetter, history }: DeliveryElement): string[] {
  const { title, asset, severity } = (alert ?? {}) as { title?: string; asset?: string | null; severity?: string }
  const what = title === undefined ? '' : ` | ${cell(title, 60)}${asset == null ? '' : ` on ${cell(asset, 40)}`}, ${severity ?? ''}`
  return [
    `${String(element).padStart(4)}  ${state.padEnd(13)}  ${cell(explanation, 140)}${what}`,
    ...(incident === null ? [] : [`      incident #${incident.number} (${incident.status}, ${incident.severity}): ${cell(incident.title, 80)}   ${incident.link}`]),
    ...(deadLetter === null ? [] : [`      ${deadLetter.code}: ${cell(deadLetter.message, 160)}`, `      aw dead-letters show ${deadLetter.id}`]),
    ...history.map((step) => `      before: ${step.at}  ${cell(step.explanation, 100)}${step.deadLetterId === null ? '' : ` (${step.deadLetterId})`}`),
  ]
}
