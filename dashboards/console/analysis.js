/** The analysis of an incident, and how it grows while it is written. Every word enters the page as text. */
import { el } from './dom.js'

const percent = (share) => `${Math.round(100 * share)} %`
const words = (text) => text.replaceAll('_', ' ')
const NONE = {
  rules_only: 'Rules only: no language model was asked', over_budget: 'No analysis: the budget is used up', failed: 'No analysis', interrupted: 'No analysis: it was interrupted',
}

/** Pieces of summaries by incident, put together. A piece says where it stands; 0 begins anew. */
export class Growing {
  #texts = new Map()

  /** Takes a piece; answers the text so far, or null when pieces before it are missing. */
  take({ incidentId, analysisId, at, text }) {
    const known = this.#texts.get(incidentId)
    const before = known?.analysisId === analysisId ? known.text : ''
    if (at > before.length) return null
    const grown = before.slice(0, at) + text
    this.#texts.set(incidentId, { analysisId, text: grown })
    return grown
  }

  /** What has been written of an incident's analysis so far; null when none is being written. */
  of(incidentId) {
    return this.#texts.get(incidentId)?.text ?? null
  }

  end(incidentId) {
    this.#texts.delete(incidentId)
  }
}

/** The part of the page. `growing` is what is being written now, or null; without `onAction` nothing can be pressed. */
export function analysis(incident, growing, onAction) {
  const one = incident.analysis
  const ask = onAction === null || incident.mergedInto !== null ? null : el('button', { className: 'quiet', onclick: () => onAction('analyse') }, one === null ? 'Analyse' : 'Analyse again')
  const text = el('p', { id: 'analysis-text' }, growing ?? one?.summary ?? '')
  const parts = [el('h3', {}, 'Analysis ', growing === null ? null : el('span', { className: 'tag' }, 'being written')), text]
  if (growing === null && one !== null) parts.push(...(one.status === 'done' ? done(one, incident, onAction) : [el('p', { className: 'muted' }, NONE[one.status] ?? words(one.status), one.reason === null ? '' : ` (${one.reason})`)]))
  return el('section', { id: 'analysis' }, ...parts, ask)
}

function done(one, incident, onAction) {
  const { pattern, rootCause, severityAdvice } = one
  const rules = pattern.rules === null ? 'the rules see none' : `the rules see ${words(pattern.rules)} (${percent(pattern.rulesConfidence)})`
  const evidence = rootCause.alertIds.length === 0 ? null : el('div', { className: 'muted' }, `Evidence: ${rootCause.alertIds.join(', ')}`)
  return [
    el('div', {}, el('b', {}, 'Pattern: '), `${words(pattern.name)} (${percent(pattern.confidence)}); ${rules}`, pattern.agrees ? null : el('span', { className: 'tag' }, 'disagreement')),
    rootCause.asset === null && rootCause.reason === '' ? null : el('div', {}, el('b', {}, 'Likely cause: '), rootCause.asset ?? 'unsure', ` (${percent(rootCause.confidence)}). `, rootCause.reason, rootCause.agrees === false ? el('span', { className: 'tag' }, `the rules blame ${rootCause.rulesAsset}`) : null, evidence),
    one.category === null ? null : el('div', {}, el('b', {}, 'Category: '), words(one.category)),
    one.nextSteps.length === 0 ? null : el('div', {}, el('b', {}, 'Next steps'), el('ol', {}, one.nextSteps.map((step) => el('li', {}, step)))),
    one.runbooks.length === 0 ? null : el('div', {}, el('b', {}, 'Runbooks: '), one.runbooks.join(', ')),
    severityAdvice === null ? null : el('div', {}, el('b', {}, 'Severity: '), `advises ${severityAdvice.severity} (${percent(severityAdvice.confidence)}): ${severityAdvice.reason}`),
    ...one.mergeProposals.map((proposal) => el('div', {}, el('b', {}, 'Same trouble? '), proposal.reason, ` (${percent(proposal.confidence)}) `,
      onAction === null ? null : [el('button', { className: 'quiet', onclick: () => onAction('open', { id: proposal.incidentId }) }, 'Show it'), ' ', el('button', { className: 'quiet', onclick: () => onAction('merge', { into: proposal.incidentId }) }, 'Merge')])),
    one.isTrusted ? null : el('p', { className: 'muted' }, 'The text of an alert tries to give orders to a language model; its advice was not followed.'),
    el('p', { className: 'muted' }, `${percent(one.confidence)} sure · ${one.provider} ${one.model}${one.isCached ? ', from the cache' : ''} · prompt ${one.promptVersion}${one.version < incident.version ? ' · the incident has changed since' : ''}`),
  ]
}
