/** Connections of a company to ticket systems: how each stands and how to mend it, and questions only a person can answer. Every word enters the page as text. */
import { call } from './api.js'
import { el } from './dom.js'
import { Part } from './part.js'

const number = new Intl.NumberFormat()
const when = new Intl.DateTimeFormat(undefined, { dateStyle: 'short', timeStyle: 'medium' })
const time = (iso) => el('time', { dateTime: iso }, when.format(new Date(iso)))
const tag = (text, className = '') => el('span', { className: `tag ${className}` }, text)
const KINDS = { company: 'customer', asset: 'machine', user: 'person' }

/** Draws itself into its element; it is made anew for each company. */
export class ConnectionsPart extends Part {
  #company
  #isMsp
  #connections = []
  #questions = []
  #checks = new Map()

  constructor(company, me) {
    super('section', { id: 'connections' })
    this.#company = company
    this.#isMsp = me.role === 'msp_admin'
  }

  async refresh() {
    const isLast = this.turn()
    const of = encodeURIComponent(this.#company)
    const [own, shared, asked] = await Promise.all([call('GET', `/api/connectors/status?company=${of}`), this.#isMsp ? call('GET', '/api/connectors/status?company=msp') : { items: [] }, call('GET', `/api/ticket-matches?status=asked&company=${of}`)])
    if (!isLast()) return
    this.#connections = [...own.items, ...shared.items]
    this.#questions = asked.items
    this.draw()
  }

  parts() {
    return [
      el('h3', {}, 'Ticket systems'),
      this.#connections.length === 0 ? el('p', { className: 'muted' }, this.#isMsp ? 'None is connected. `aw connect <connector>` connects one.' : 'This company has no connection of its own.') : null,
      ...this.#connections.map((one) => this.#row(one)),
      this.#questions.length === 0 ? null : el('h3', {}, 'Which one is meant?'),
      ...this.#questions.map((one) => this.#question(one)),
    ]
  }

  #row(one) {
    const path = `/api/connections/${encodeURIComponent(one.connectionId)}`
    const found = this.#checks.get(one.connectionId)
    const stands = (is, yes, no) => (is === null ? null : tag(is ? yes : no, is ? '' : 'critical'))
    return el('div', { className: 'why connection' }, el('b', {}, one.name), ' ', tag(one.connector), tag(one.environment), one.companyId === null ? tag('of the MSP') : null, tag(one.enabled ? 'in use' : 'not in use'),
      one.isConnected ? null : tag('nobody has agreed yet', 'critical'), stands(one.isReachable, 'reachable', 'not reachable'), stands(one.isAuthorised, 'authorised', 'not authorised'),
      el('div', { className: 'muted' }, `${number.format(one.waiting)} waiting, ${number.format(one.dead)} given up`, one.lastOkAt === null ? ' · never called with success' : [' · last call that went well ', time(one.lastOkAt)], one.blockedUntil === null ? '' : [' · waits until ', time(one.blockedUntil)]),
      one.budget.map(({ name, left, calls, windowMs }) => el('div', { className: 'feature' }, el('span', {}, name), el('meter', { min: 0, max: calls, value: left, title: `${left} of ${calls}` }), el('span', {}, `${number.format(left)} of ${number.format(calls)} left in ${span(windowMs)}`))),
      one.held === null ? null : el('div', { className: 'error' }, `Held: ${one.held}`), one.lastError === null ? null : el('div', { className: 'error' }, one.lastError), one.mend === null ? null : el('div', {}, el('b', {}, 'To mend it: '), one.mend),
      found === undefined ? null : el('ul', { className: 'findings' }, found.findings.map(({ name, ok, text }) => el('li', {}, tag(ok ? 'ok' : 'fails', ok ? 'info' : 'critical'), `${name}: ${text}`))),
      el('div', { className: 'actions' }, this.button('Check', async () => {
        const { check } = await call('POST', `${path}/check`, {})
        if (check !== null) this.#checks.set(one.connectionId, check)
        await this.refresh()
      }), this.button(one.enabled ? 'Take out of use' : 'Put into use', async () => {
        await call('PATCH', path, { enabled: !one.enabled })
        await this.refresh()
      })))
  }

  #question(one) {
    const key = `${one.connectionId} ${one.kind} ${one.name}`
    const choice = this.keep(key, () => el('select', { ariaLabel: `Which one is ${one.title}` }, el('option', { value: '' }, 'Choose'), one.candidates.map(({ externalId, name }) => el('option', { value: externalId }, `${name} (${externalId})`)), el('option', { value: 'none' }, 'None of these')))
    const decide = async () => {
      // By place, for an id may be any word.
      if (choice.selectedIndex < 1) throw new Error('Choose one first.')
      const chosen = one.candidates[choice.selectedIndex - 1]
      await call('PUT', `/api/connections/${encodeURIComponent(one.connectionId)}/matches`, { companyId: one.companyId, kind: one.kind, name: one.name, externalId: chosen?.externalId ?? null, externalName: chosen?.name ?? null })
      this.forget(key)
      await this.refresh()
    }
    return el('div', { className: 'why question' }, `Which ${KINDS[one.kind] ?? one.kind} of ${one.connector} is `, el('b', {}, one.title), '?', one.waiting === 0 ? null : el('span', { className: 'muted' }, ` ${one.waiting} ${one.waiting === 1 ? 'incident waits' : 'incidents wait'} for the answer.`),
      one.candidates.length === 0 ? el('p', { className: 'muted' }, 'An MSP Admin has to say.') : el('div', { className: 'actions' }, choice, this.button('Answer', decide, '')))
  }
}

const span = (ms) => (ms >= 3_600_000 ? `${ms / 3_600_000} h` : ms >= 60_000 ? `${ms / 60_000} min` : `${ms / 1_000} s`)
