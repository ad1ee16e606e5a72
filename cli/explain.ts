/** `aw explain`: the whole decision of one alert, for people at a terminal. */
import type { ExplainView } from '../schemas/explain-view.ts'
import type { RuleTrial } from '../schemas/rule-trial.ts'
import type { ApiClient } from './client.ts'
import { cell } from './output.ts'

const NEAREST_SHOWN = 8

/** The explanation of an alert, by its id, its delivery's id or the key of its problem. */
export function explain(api: ApiClient, id: string): Promise<ExplainView> {
  return api.call<ExplainView>('GET', `/api/alerts/${encodeURIComponent(id)}/explain`)
}

/** The same as a person reads it; texts of strangers are cut and cleaned. */
export function explainText(view: ExplainView): string {
  return [...received(view), ...normalised(view), ...became(view), ...decided(view), ...ruled(view), ...judgedBy(view)].join('\n')
}

function received({ id, delivery }: ExplainView): string[] {
  if (delivery === null) return [`problem      ${cell(id, 200)}`]
  const { id: deliveryId, element, receivedAt, source, integrationId, integration } = delivery
  return [`alert        ${cell(id, 200)}`, `delivery     ${cell(deliveryId, 200)}, element ${element}, received ${receivedAt}`, `source       ${cell(source, 64)}, integration ${cell(integration ?? integrationId, 80)}`]
}

function normalised({ normalised: read }: ExplainView): string[] {
  if (read === null) return ['read by      nothing: it could not be understood']
  const { alert } = read
  const labels = Object.entries(alert.labels).map(([name, value]) => `${name}=${value}`).join(', ')
  const fields: (readonly [string, string | null])[] = [
    ['asset', alert.asset], ['signature', alert.signature], ['severity', alert.severity], ['status', alert.status], ['vendor id', alert.externalId], ['title', alert.title], ['message', alert.message], ['labels', labels],
  ]
  return [`read by      ${cell(read.how, 120)}`, ...fields.flatMap(([name, value]) => (value === null || value === '' ? [] : [`  ${name.padEnd(11)}${cell(value, 160)}`]))]
}

function became({ fate, problem, suppression, incident }: ExplainView): string[] {
  return [
    ...(fate === null ? [] : [`became       ${fate.state.replaceAll('_', ' ')}: ${cell(fate.explanation, 160)}`]),
    ...(fate?.history ?? []).map(({ at, explanation }) => `  before     ${at}  ${cell(explanation, 120)}`),
    ...(fate?.deadLetter == null ? [] : [`  set aside  ${fate.deadLetter.code}: ${cell(fate.deadLetter.message, 160)}`]),
    ...(problem === null ? [] : [`problem      ${cell(problem.title, 100)} (${problem.status}, ${problem.severity}), ${problem.alertCount} alerts since ${problem.firstAt}, episode ${problem.episode}`, `  key        ${cell(problem.key, 200)}`]),
    ...(suppression === null ? [] : [`kept quiet   ${suppression.kind}: ${cell(suppression.reason, 200)}${suppression.ruleId === null ? '' : ` (rule ${suppression.ruleId})`}${suppression.untilMs === null ? '' : `, until ${new Date(suppression.untilMs).toISOString()}`}`]),
    ...(incident === null ? [] : [`incident     #${incident.number} ${cell(incident.title, 100)} (${incident.status}, ${incident.severity})   ${incident.link}`]),
  ]
}

function decided({ decision, problem }: ExplainView): string[] {
  if (decision === null) return problem === null || problem.isPresentEpisode ? [] : ['why          the problem has begun a later episode since; the evidence of this one is no longer held']
  return [
    '', `why          ${cell(decision.sentence, 240)}`,
    ...decision.features.map(({ name, value, weight, detail }) => `  ${name.padEnd(16)}${value.toFixed(2)} x ${weight.toFixed(2)}  ${cell(detail, 120)}`),
    ...(decision.considered.length === 0 ? [] : ['why not elsewhere']),
    ...decision.considered.map(({ title, problemKey, asset, incident, score, reason }) =>
      `  ${score.toFixed(2)}  ${incident === null ? 'an incident you do not see' : `#${incident.number}`}  ${cell(title ?? problemKey, 60)}${asset === null ? '' : ` on ${cell(asset, 40)}`}: ${cell(reason, 120)}`),
  ]
}

function ruled({ rules }: ExplainView): string[] {
  if (rules === null) return []
  const nearest = (rules.nearest ?? []).slice(0, NEAREST_SHOWN)
  return [
    '', rules.revision === 0 ? 'rules        none were set' : `rules        revision ${rules.revision} (MSP ${rules.mspRevision}, company ${rules.companyRevision})${rules.savedAt === null ? '' : `, saved ${rules.savedAt}`}; ${rules.asked} asked`,
    ...rules.matched.map((trial) => `  matched    ${ruleName(trial)}`),
    ...nearest.map((trial) => `  not        ${ruleName(trial)}: ${trial.failed.map((clause) => cell(clause, 80)).join(' and ')}`),
  ]
}

function ruleName({ list, ruleId, name, kind, side }: RuleTrial): string {
  return `${list}/${ruleId}${kind === list ? '' : ` (${kind})`}${side === 'when' ? '' : `, its ${side} side`}${name === null ? '' : ` "${cell(name, 60)}"`}`
}

function judgedBy({ settings }: ExplainView): string[] {
  if (settings === null) return []
  const { revision, since, presentRevision, windowMs, joinThreshold } = settings
  return [`settings     revision ${revision} of ${since}: window ${windowMs / 60_000} min, threshold ${joinThreshold}${presentRevision === revision ? '' : ` (now at revision ${presentRevision})`}`]
}
