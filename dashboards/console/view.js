/** What is shown. Everything that came from outside enters the page as text, never as markup. */

import { analysis } from './analysis.js'
import { el } from './dom.js'

const number = new Intl.NumberFormat()
const when = new Intl.DateTimeFormat(undefined, { dateStyle: 'short', timeStyle: 'medium' })
/** A count with its noun, which takes an s unless it is one. */
const many = (count, noun) => `${number.format(count)} ${noun}${count === 1 ? '' : 's'}`
const words = (text) => text.replaceAll('_', ' ')
const severity = (name) => el('span', { className: `tag ${['critical', 'high', 'medium', 'low', 'info'].includes(name) ? name : 'info'}` }, name)
const time = (iso) => el('time', { dateTime: iso }, when.format(new Date(iso)))

/** The figures on top. */
export function figures(noise, counts) {
  const open = counts.filter(({ status }) => ['open', 'assigned', 'in_progress'].includes(status))
  const sum = (list) => list.reduce((total, { count }) => total + count, 0)
  const tile = (value, label, className = 'figure') => el('div', { className }, el('b', {}, value), el('span', {}, label))
  return [
    tile(`${(100 * noise.noiseReduction).toFixed(1)} %`, 'noise taken away', 'figure lead'), tile(number.format(noise.alerts), 'firing alerts'), tile(number.format(noise.problems), 'problems'),
    tile(number.format(noise.incidents), 'incidents'), tile(number.format(sum(open)), 'open now'), tile(number.format(sum(open.filter((one) => one.severity === 'critical'))), 'open and critical'),
  ]
}

/** One incident in the list. */
export function row(incident, isChosen, onChoose) {
  const assets = incident.assets.slice(0, 3).join(', ') + (incident.assets.length > 3 ? ', …' : '')
  const node = el('li', { className: incident.severity, tabIndex: 0 },
    el('b', {}, `#${incident.number} ${incident.title}`),
    severity(incident.severity), el('span', { className: 'tag' }, words(incident.status)), incident.pattern === null ? null : el('span', { className: 'tag', title: incident.pattern.reason }, words(incident.pattern.kind)),
    el('small', {}, `${many(incident.alertCount, 'alert')} in ${many(incident.problemCount, 'problem')} · ${assets} · `, time(incident.updatedAt)))
  if (isChosen) node.setAttribute('aria-current', 'true')
  node.addEventListener('click', onChoose)
  node.addEventListener('keydown', (event) => { if (event.key === 'Enter') onChoose() })
  return node
}

/** One problem that is kept quiet, with its reason; it has no incident to open. */
export function quietRow(one) {
  return el('li', { className: one.severity },
    el('b', {}, `${one.title}${one.asset === null ? '' : ` on ${one.asset}`}`),
    severity(one.severity), el('span', { className: 'tag' }, one.kind), el('span', { className: 'tag' }, one.status), one.flapping ? el('span', { className: 'tag' }, 'flapping') : null,
    el('small', {}, `${one.reason}${one.ruleId === null ? '' : ` (rule ${one.ruleId})`} · ${many(one.alertCount, 'alert')} · since `, time(one.since), one.until === null ? ' until its cause ends' : ' until ', one.until === null ? null : time(one.until)))
}

const RULES = {
  founded: 'Nothing open fitted, so it opened this incident.', same_problem: 'The same problem as before, come back.', scored: 'Alike enough to a problem that was here already.',
  merged: 'Came with an incident that was merged into this one.', split: 'Was split off into this incident.',
}

function why(evidence) {
  const parts = [el('b', {}, 'Why here? '), RULES[evidence.rule] ?? words(evidence.rule)]
  if (evidence.rule === 'scored') parts.push(el('span', { className: 'muted' }, ` Score ${evidence.score.toFixed(2)}, needed ${evidence.threshold.toFixed(2)}.`))
  if (evidence.withProblemKey !== null) parts.push(el('div', { className: 'muted' }, `Compared with ${evidence.withProblemKey}`))
  for (const feature of evidence.features) {
    parts.push(el('div', { className: 'feature' }, el('span', {}, words(feature.name)), el('meter', { min: 0, max: 1, value: feature.value, title: `${feature.value.toFixed(2)} × weight ${feature.weight.toFixed(2)}` }), el('span', {}, feature.detail)))
  }
  return el('div', { className: 'why' }, parts)
}

const percent = (share) => `${Math.round(100 * share)} %`

/** The asset most likely at fault, and how trouble went from there to others. */
function rootCause(cause) {
  if (cause === null) return null
  return el('section', { className: 'why' },
    el('b', {}, 'Most likely at fault: '), cause.asset, ' ', el('span', { className: 'tag' }, `${percent(cause.confidence)} sure`), el('div', { className: 'muted' }, cause.reason),
    cause.chain.length === 0 ? null : el('ol', { className: 'chain' }, cause.chain.map((link) => el('li', {}, el('b', {}, link.asset), ' ', time(link.at), el('div', { className: 'muted' }, link.because)))))
}

/** What kind of trouble it looks like, each with its reason. */
function findings(list) {
  if (list.length === 0) return null
  return el('ul', { className: 'findings' }, list.map((one) => el('li', {}, el('span', { className: 'tag' }, words(one.kind)), ` ${percent(one.confidence)} sure, since `, time(one.since), el('div', { className: 'muted' }, one.reason))))
}

function problem(one) {
  return el('li', { className: `problem ${one.severity} ${one.status}` },
    el('b', {}, one.title), ' ', severity(one.severity), el('span', { className: 'tag' }, one.status), one.flapping ? el('span', { className: 'tag' }, 'flapping') : null,
    el('div', { className: 'muted' }, `${one.source} · ${one.asset ?? 'no asset'} · ${one.signature ?? 'no signature'} · ${many(one.alertCount, 'alert')} · last `, time(one.lastAt)),
    one.message === '' ? null : el('div', {}, one.message), why(one.evidence))
}

const ACTIONS = {
  acknowledge: { label: 'Acknowledge', when: (one) => one.acknowledgedAt === null && one.status !== 'closed' }, start: { label: 'Start', when: (one) => ['open', 'assigned'].includes(one.status) },
  resolve: { label: 'Resolve', when: (one) => ['open', 'assigned', 'in_progress'].includes(one.status) }, close: { label: 'Close', when: (one) => one.status !== 'closed' },
  reopen: { label: 'Reopen', when: (one) => ['resolved', 'closed'].includes(one.status) },
}

/** An incident in full. `onAction` is called with a command's name and body; without it nothing can be pressed. `growing` is the analysis being written, or null; `parts` elements that draw themselves, as repairs and tickets. */
export function detail(incident, me, onAction, growing, parts) {
  const buttons = onAction === null || incident.mergedInto !== null ? [] : Object.entries(ACTIONS).filter(([, action]) => action.when(incident))
    .map(([name, action]) => el('button', { className: 'quiet', onclick: () => onAction(name) }, action.label))
  if (buttons.length > 0 && me.kind === 'user' && incident.assignee !== me.id) buttons.unshift(el('button', { onclick: () => onAction('assign', { assignee: me.id }) }, 'Assign to me'))
  const facts = `${many(incident.alertCount, 'alert')} in ${many(incident.problemCount, 'problem')} (${number.format(incident.openProblemCount)} open) on ${many(incident.assetCount, 'asset')}, told by ${incident.sources.join(', ')}`
  return [
    el('h2', {}, `#${incident.number} ${incident.title}`),
    el('p', {}, severity(incident.severity), el('span', { className: 'tag' }, words(incident.status)), el('span', { className: 'tag' }, `priority ${incident.priority}`), el('br'), facts),
    el('p', { className: 'muted' }, 'Opened ', time(incident.openedAt), ' · updated ', time(incident.updatedAt), incident.acknowledgedAt === null ? null : [' · acknowledged ', time(incident.acknowledgedAt)]),
    incident.mergedInto === null ? null : el('p', {}, 'This incident was merged into another. ', el('button', { className: 'quiet', onclick: () => onAction?.('open', { id: incident.mergedInto }) }, 'Show it')),
    el('div', { className: 'actions commands' }, buttons),
    rootCause(incident.rootCause), findings(incident.findings), analysis(incident, growing, onAction), parts,
    el('h3', {}, 'Problems, and why each is here'), el('ul', { className: 'problems' }, incident.problems.map(problem)),
    incident.problemCount > incident.problems.length ? el('p', { className: 'muted' }, `The latest ${incident.problems.length} of ${number.format(incident.problemCount)}.`) : null,
    el('h3', {}, 'What happened'),
    el('ol', { className: 'timeline' }, incident.timeline.toReversed().map((entry) => el('li', {}, time(entry.at), el('span', {}, entry.actor === null ? '' : `${entry.actor.name}: `, entry.text)))),
  ].flat().filter((part) => part !== null)
}

/** What to do when there is nothing to see yet. */
export function firstSteps(origin) {
  const example = [
    `KEY=aw_…  SECRET=whsec_…`,
    `BODY='{"asset_name":"web-1","signature":"Disk full","severity":"critical","message":"97 % used on /var","tool_source":"Datadog"}'`,
    `NOW=$(date +%s)`,
    `SIGNATURE=$(printf '%s.%s' "$NOW" "$BODY" | openssl dgst -sha256 -hmac "$SECRET" -r | cut -d' ' -f1)`,
    `curl -s ${origin}/api/webhooks/alerts -H "X-API-Key: $KEY" -H "X-Timestamp: $NOW" \\`,
    `  -H "X-Signature: sha256=$SIGNATURE" -H 'Content-Type: application/json' -d "$BODY"`,
  ].join('\n')
  return [
    el('h2', {}, 'No incidents yet'), el('p', {}, 'Send a first alert. A company\'s key and secret are shown once, when it is made; the program prints those of the first company at its first start.'),
    el('pre', {}, example), el('p', {}, 'The incident appears here by itself. A storm shows more: ', el('code', {}, 'npx aw send test/samples/storm.alertmanager.jsonl --source alertmanager --company <name>')),
    el('p', { className: 'muted' }, 'Connect a tool with npx aw integration create; make companies and users through the API: see ', el('a', { href: '/api/docs' }, 'its documentation'), '.'),
  ]
}
