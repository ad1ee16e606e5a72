/** What the checks of connectors have in common: one finding a right or value, and no throw but the signal's. */
import type { CheckFinding, ConnectionCheck } from '../schemas/tickets.ts'
import { ConnectorError } from './port.ts'

/** One thing to try. `run` answers what was found; it throws ConnectorError where it is not right. `needs`: the right to name where it is refused. */
export interface Probe {
  readonly name: string
  readonly needs: string
  readonly run: () => Promise<string>
}

/** Tries one after the other. What cannot be reached or proves nobody ends it: the others would only say the same. */
export async function checkAll(probes: readonly Probe[]): Promise<ConnectionCheck> {
  const findings: CheckFinding[] = []
  for (const { name, needs, run } of probes) {
    try {
      findings.push({ name, ok: true, text: await run() })
    } catch (error) {
      if (!(error instanceof ConnectorError) || error.code === 'aborted') throw error
      const isRefused = error.code === 'forbidden' || error.code === 'not_found'
      findings.push({ name, ok: false, text: isRefused ? `${error.message} Right that is needed: ${needs}.` : error.message })
      if (['unreachable', 'tls', 'timeout', 'cut_off', 'unauthorized', 'misconfigured', 'rate_limited', 'budget', 'server_error', 'bad_answer'].includes(error.code)) break
    }
  }
  return { ok: findings.every(({ ok }) => ok), findings }
}

/** A finding of its own for each value of a mapping that the PSA does not have. */
export function unknownValues(name: string, wanted: Readonly<Record<string, string | undefined>>, known: readonly { readonly id: string; readonly name: string }[]): string[] {
  return Object.entries(wanted).flatMap(([ours, theirs]) => (theirs === undefined || theirs === '' || known.some(({ id }) => id === theirs) ? [] : [`${name} ${ours}: "${theirs}" is not known there; known are ${known.slice(0, 12).map((one) => `${one.id} (${one.name})`).join(', ')}`]))
}
