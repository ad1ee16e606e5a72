/** The page's behaviour: log in, list, detail, live. */
import { Growing } from './analysis.js'
import { call, listen, session } from './api.js'
import { CompanyPart } from './company.js'
import { ConnectionsPart } from './connections.js'
import { el } from './dom.js'
import { unpressed } from './part.js'
import { Repairs } from './repairs.js'
import { Tickets } from './tickets.js'
import { detail, figures, firstSteps, quietRow, row } from './view.js'

const $ = (id) => document.getElementById(id)
const growing = new Growing()
const state = { me: null, items: [], next: null, chosen: null, live: null, repairs: null, tickets: null, company: null }

/** Problems that are kept quiet are listed in place of incidents. */
const isQuiet = () => $('status').value === 'quiet'

/** Where the list comes from. */
function listPath(cursor = null) {
  const query = isQuiet() ? new URLSearchParams({ limit: '50', ...($('company').value === '' ? {} : { company: $('company').value }) }) : filters()
  if (cursor !== null) query.set('cursor', cursor)
  return `${isQuiet() ? '/api/suppressed' : '/api/incidents'}?${query}`
}

function filters() {
  const query = new URLSearchParams({ limit: '50' })
  for (const id of ['company', 'status', 'severity']) if ($(id).value !== '') query.set(id, $(id).value)
  if ($('search').value.trim() !== '') query.set('q', $('search').value.trim())
  return query
}

async function attempt(work) {
  try {
    await work()
    $('board-error').textContent = ''
  } catch (error) {
    $('board-error').textContent = error.message
  }
}

async function refresh() {
  const company = $('company').value === '' ? '' : `?company=${encodeURIComponent($('company').value)}`
  const [list, noise, counts] = await Promise.all([call('GET', listPath()), call('GET', `/api/stats/noise${company}`), call('GET', `/api/stats/incidents${company}`)])
  Object.assign(state, { items: list.items, next: list.next })
  $('figures').replaceChildren(...figures(noise, counts.items))
  if (counts.items.length === 0) $('detail').replaceChildren(...firstSteps(location.origin))
  showList()
  if (state.chosen !== null) await choose(state.chosen)
  else if (state.repairs?.alone !== undefined) await state.repairs.part.refresh(state.repairs.alone)
  else if (counts.items.length > 0) $('detail').replaceChildren(el('p', { className: 'muted' }, 'Choose an incident to see its problems, and why they are together.'))
}

function showList() {
  $('incidents').replaceChildren(...state.items.map((incident) => 'problemKey' in incident ? quietRow(incident) : row(incident, incident.id === state.chosen, () => void attempt(() => choose(incident.id)))))
  if (state.items.length === 0) $('incidents').replaceChildren(el('p', { className: 'muted' }, isQuiet() ? 'Nothing is kept quiet.' : 'No incident matches.'))
  $('more').hidden = state.next === null
}

async function choose(id) {
  state.chosen = id
  showList()
  const incident = await call('GET', `/api/incidents/${encodeURIComponent(id)}`)
  if (state.chosen !== id) return
  if (state.repairs?.id !== id) {
    state.repairs?.part.end()
    state.repairs = { id, part: new Repairs(incident, state.me) }
  }
  if (state.tickets?.id !== id) state.tickets = { id, part: new Tickets(incident, state.me) }
  const { part } = state.repairs
  // What is drawn anew under a pressed pointer would never hear the click.
  await unpressed()
  if (state.chosen !== id || state.repairs?.part !== part) return
  state.tickets.part.show(incident)
  $('detail').replaceChildren(...detail(incident, state.me, state.me.role === 'viewer' ? null : (name, body) => void attempt(() => act(id, name, body)), growing.of(id), [part.element, state.tickets.part.element]))
  await part.refresh(incident)
}

/** Tickets lead to `#/incidents/<id>`, notices to `#/runs/<id>`: to the run's incident, or to the run alone where it has none. */
async function openNamed() {
  const incident = /^#\/incidents\/([^/]+)$/.exec(location.hash)?.[1]
  if (incident !== undefined) return choose(decodeURIComponent(incident))
  const id = /^#\/runs\/([^/]+)$/.exec(location.hash)?.[1]
  if (id === undefined) return
  const run = await call('GET', `/api/runs/${id}`)
  if (run.incidentId !== null) return choose(run.incidentId)
  state.repairs?.part.end()
  const alone = { id: null, companyId: run.companyId, suggestedRunbooks: [], mergedInto: null }
  state.chosen = null
  state.repairs = { id: run.id, part: new Repairs(alone, state.me, run.id), alone }
  $('detail').replaceChildren(el('h2', {}, run.summary), state.repairs.part.element)
  await state.repairs.part.refresh(alone)
}

/** The company that is chosen in the filter, for those who manage it. */
async function showCompany() {
  const id = $('company').value
  const isShown = id !== '' && ['msp_admin', 'company_admin'].includes(state.me.role)
  $('company-part').hidden = !isShown
  if (!isShown || state.company?.id === id) return
  state.company = { id, part: new CompanyPart(id), connections: new ConnectionsPart(id, state.me) }
  const { part, connections } = state.company
  $('company-body').replaceChildren(part.element, connections.element)
  await Promise.all([part.refresh(), connections.refresh()])
}

async function act(id, name, body = {}) {
  if (name === 'open') return choose(body.id)
  for (const button of $('detail').querySelectorAll('.actions.commands button')) button.disabled = true
  try {
    await call('POST', `/api/incidents/${encodeURIComponent(id)}/${name}`, body, { 'idempotency-key': `console-${Array.from(crypto.getRandomValues(new Uint32Array(4)), (word) => word.toString(36)).join('')}` })
  } finally {
    await refresh()
  }
}

/** A storm brings many events; the lists are read at most once a second, and once after the last of them. */
let due = null
function soon() {
  due ??= setTimeout(() => {
    due = null
    void attempt(refresh)
  }, 1_000)
}

function hear(event) {
  if (event.type === 'analysis_delta') {
    const { incidentId } = event.data
    const isNew = growing.of(incidentId) === null
    const text = growing.take(event.data)
    if (text === null || state.chosen !== incidentId) return
    // The whole part is drawn anew once; then only its text grows.
    if (isNew) soon()
    else if ($('analysis-text') !== null) $('analysis-text').textContent = text
    return
  }
  if (event.type === 'incident_updated' && event.data.analysis !== undefined) growing.end(event.data.id)
  soon()
}

function showLive(isOn) {
  $('live').classList.toggle('on', isOn)
  $('live').lastChild.textContent = isOn ? 'live' : 'reconnecting'
}

async function open() {
  state.me = await call('GET', '/api/me')
  const companies = await call('GET', '/api/companies?limit=200')
  $('company').replaceChildren(el('option', { value: '' }, 'Every company'), ...companies.items.map(({ id, name }) => el('option', { value: id }, name)))
  $('who').textContent = `${state.me.name} (${state.me.role.replaceAll('_', ' ')})`
  $('login').hidden = true
  for (const id of ['board', 'logout', 'live']) $(id).hidden = false
  await attempt(refresh)
  await attempt(openNamed)
  state.live?.abort()
  state.live = new AbortController()
  void listen(hear, showLive, state.live.signal)
}

function leave(message = '') {
  session.token = null
  state.live?.abort()
  state.repairs?.part.end()
  Object.assign(state, { me: null, items: [], next: null, chosen: null, live: null, repairs: null, company: null })
  for (const id of ['incidents', 'detail', 'figures', 'company-body']) $(id).replaceChildren()
  $('company-part').hidden = true
  for (const id of ['board', 'logout', 'live']) $(id).hidden = true
  $('who').textContent = ''
  $('login').hidden = false
  $('login-error').textContent = message
}

$('login-form').addEventListener('submit', async (event) => {
  event.preventDefault()
  const { email, password, token } = Object.fromEntries(new FormData(event.target))
  try {
    session.token = null
    session.token = token.trim() === '' ? (await call('POST', '/api/auth/login', { email, password })).token : token.trim()
    await open()
    event.target.reset()
  } catch (error) {
    leave(error.message)
  }
})
window.addEventListener('hashchange', () => { if (state.me !== null) void attempt(openNamed) })
session.onLost = () => leave('The log-in has ended; log in again.')
$('logout').addEventListener('click', () => leave())
for (const id of ['company', 'status', 'severity']) $(id).addEventListener('change', () => void attempt(refresh))
$('company').addEventListener('change', () => void attempt(showCompany))
$('search').addEventListener('input', soon)
$('more').addEventListener('click', () => void attempt(async () => {
  const page = await call('GET', listPath(state.next))
  Object.assign(state, { items: [...state.items, ...page.items], next: page.next })
  showList()
}))

if (session.token === null) leave()
else open().catch((error) => leave(error.message))
