import type { AlertStatus } from '../../../schemas/records.ts'
import { makeAlert, readEach, reject } from '../build.ts'
import { at, firstText, isObject, listOf, textEntries, textOf } from '../json.ts'
import type { Normalised } from '../source.ts'
import { instantMs } from '../time.ts'
import { severityOfLevel } from './level.ts'
import { readMessage } from './message.ts'

/** Rules about an agent's own connection ("Rules", 0016-wazuh_rules.xml): begin and end of one condition. */
const CONNECTION: Readonly<Record<string, AlertStatus>> = { 501: 'resolved', 503: 'resolved', 504: 'firing', 506: 'firing' }

/** The answer of the indexer may hold this many levels of `_source` and `all_fields` around an alert. */
const WRAPS_MAX = 3

/** One alert, several in an array, or the hits the indexer answers. */
export function normalise(payload: unknown): Normalised {
  if (Array.isArray(payload)) return readEach(payload, '', readOne)
  const hits = at(payload, 'hits', 'hits')
  return Array.isArray(hits) ? readEach(hits, '/hits/hits', readOne) : readOne(payload, '')
}

function readOne(element: unknown, path: string): Normalised {
  const body = unwrapped(element)
  if (!isObject(body)) return [reject(path, 'a Wazuh alert is an object; let the integration post the content of its alert file')]
  if (isObject(at(body, 'rule'))) return readAlert(body, path)
  return readMessage(body, path)
}

/** The indexer keeps an alert in `_source`, the integration for Shuffle in `all_fields`, and some scripts in `alert`. */
function unwrapped(element: unknown): unknown {
  let body = element
  for (let step = 0; step < WRAPS_MAX; step++) {
    const inner = [at(body, '_source'), at(body, 'all_fields'), at(body, 'alert')].find(isObject)
    if (inner === undefined || isObject(at(body, 'rule'))) break
    body = inner
  }
  return body
}

function readAlert(body: unknown, path: string): Normalised {
  const rule = at(body, 'rule')
  const description = firstText(rule, 'description')
  const ruleId = firstText(rule, 'id')
  if (description === null && ruleId === null) return [reject(path, 'the alert\'s `rule` has neither `id` nor `description`')]
  const agentId = firstText(body, ['agent', 'id'])
  const flaw = vulnerabilityOf(body, agentId)
  const connection = ruleId !== null && Object.hasOwn(CONNECTION, ruleId) ? CONNECTION[ruleId] : undefined
  const status = connection ?? (flaw?.isSolved === true ? 'resolved' : 'firing')
  return [
    makeAlert({
      source: 'wazuh',
      // `id` numbers the event. Agent and rule are told together by asset and signature; an agent's connection and a vulnerability have an end.
      externalId: connection === undefined || agentId === null ? (flaw?.id ?? null) : `agent:${agentId}:connection`,
      asset: firstText(body, ['agent', 'name'], ['predecoder', 'hostname'], ['agent', 'ip'], ['manager', 'name']),
      signature: flaw?.name ?? description ?? `Rule ${ruleId ?? ''}`,
      severity: severityOfLevel(firstText(rule, 'level')),
      status,
      title: description,
      message: firstText(body, 'full_log', 'previous_output'),
      startsAtMs: status === 'resolved' ? null : instantMs(firstText(body, 'timestamp', '@timestamp')),
      labels: [
        ...textEntries(at(body, 'data')).slice(0, 32),
        ['rule_id', ruleId],
        ['level', firstText(rule, 'level')],
        ['groups', joined(at(rule, 'groups'))],
        ['mitre', joined(at(rule, 'mitre', 'id'))],
        ['tactic', joined(at(rule, 'mitre', 'tactic'))],
        ['firedtimes', firstText(rule, 'firedtimes')],
        ['agent_id', agentId],
        ['agent_ip', firstText(body, ['agent', 'ip'])],
        ['manager', firstText(body, ['manager', 'name'])],
        ['location', firstText(body, 'location')],
        ['decoder', firstText(body, ['decoder', 'name'])],
        ['event_id', firstText(body, 'id')],
        ['path', firstText(body, ['syscheck', 'path'])],
        ['cve', firstText(body, ['data', 'vulnerability', 'cve'])],
        ['srcip', firstText(body, ['data', 'srcip'])],
      ],
    }),
  ]
}

/** A vulnerability of a package, which the detector tells as Active and later as Solved; null for every other alert. */
function vulnerabilityOf(body: unknown, agentId: string | null): { readonly id: string | null; readonly name: string; readonly isSolved: boolean } | null {
  const cve = firstText(body, ['data', 'vulnerability', 'cve'])
  const software = firstText(body, ['data', 'vulnerability', 'package', 'name'])
  if (cve === null || software === null) return null
  return { id: agentId === null ? null : `agent:${agentId}:${cve}:${software}`, name: `${cve} affects ${software}`, isSolved: firstText(body, ['data', 'vulnerability', 'status'])?.toLowerCase() === 'solved' }
}

function joined(value: unknown): string | null {
  return listOf(value).slice(0, 32).flatMap((one) => textOf(one) ?? []).join(',') || null
}
