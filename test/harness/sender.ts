/** A monitoring tool that signs what it sends. */
import { createHmac } from 'node:crypto'

/** What onboarding a company answers. */
export interface Company { id: string; name: string; apiKey: string; hmacSecret: string; webhookUrl: string }

/** The headers of a signed delivery. */
export function signed(company: Pick<Company, 'apiKey' | 'hmacSecret'>, body: string, deliveryId?: string, nowMs = Date.now()): Record<string, string> {
  const timestamp = Math.floor(nowMs / 1_000).toString()
  return {
    'content-type': 'application/json', 'x-api-key': company.apiKey, 'x-timestamp': timestamp,
    'x-signature': `sha256=${createHmac('sha256', company.hmacSecret).update(`${timestamp}.${body}`).digest('hex')}`,
    ...(deliveryId === undefined ? {} : { 'x-delivery-id': deliveryId }),
  }
}

/** Posts a body as this company; the status and the parsed answer. */
export async function post(url: string, company: Pick<Company, 'apiKey' | 'hmacSecret'>, source: string, body: unknown, deliveryId?: string): Promise<{ status: number; answer: { deliveryId?: string; accepted?: number; duplicate?: boolean; code?: string } }> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const answer = await fetch(`${url}/api/webhooks/${source}`, { method: 'POST', headers: signed(company, text, deliveryId), body: text })
  return { status: answer.status, answer: JSON.parse(await answer.text()) as { deliveryId?: string } }
}

/** A generic alert body. */
export function alertBody(over: Partial<{ asset_name: string; signature: string; severity: string; message: string; tool_source: string; status: string; external_id: string; labels: Record<string, string> }> = {}): Record<string, unknown> {
  return { asset_name: 'web-1', signature: 'HighCPU', severity: 'high', message: 'CPU is at 97%', tool_source: 'Nagios', status: 'firing', ...over }
}
