/** Tickets of an incident: how each stands over there, links that people make, and tickets that may belong to it. Every word enters the page as text. */
import { call } from './api.js'
import { el } from './dom.js'
import { Part } from './part.js'

const when = new Intl.DateTimeFormat(undefined, { dateStyle: 'short', timeStyle: 'medium' })
const time = (iso) => el('time', { dateTime: iso }, when.format(new Date(iso)))
const words = (text) => text.replaceAll('_', ' ')
const tag = (text, title = '') => el('span', { className: 'tag', title }, text)
const KINDS = { related: 'related', resolves: 'resolves it', documents: 'documents it', caused_by: 'caused it' }

/** One incident's part of the page. */
export class Tickets extends Part {
  #incident
  #mayAct
  #items = []
  #suggested = null
  #articles = null

  constructor(incident, me) {
    super('section', { id: 'tickets' })
    this.#incident = incident
    this.#mayAct = me.role !== 'viewer' && incident.mergedInto === null
  }

  #path(rest = '') {
    return `/api/incidents/${encodeURIComponent(this.#incident.id)}/tickets${rest}`
  }

  /** Shows the tickets the incident was told with. */
  show(incident) {
    this.#incident = incident
    this.#items = incident.tickets
    this.draw()
  }

  async #refresh() {
    const isLast = this.turn()
    const { items } = await call('GET', this.#path())
    if (isLast()) this.#items = items
  }

  async #link(ticket, kind) {
    await call('POST', this.#path(), { ticket, kind })
    if (this.#suggested !== null) this.#suggested = { ...this.#suggested, items: this.#suggested.items.filter(({ externalId }) => externalId !== ticket) }
    this.forget('named')
    await this.#refresh()
  }

  parts() {
    return [
      el('h3', {}, 'Tickets'),
      this.#items.length === 0 ? el('p', { className: 'muted' }, 'There is no ticket yet.') : null,
      ...this.#items.map((one) => this.#row(one)),
      this.#mayAct ? this.#linking() : null,
      this.#suggested === null ? null : this.#suggestions(),
      this.#articles === null ? null : this.#known(),
    ]
  }

  #row(one) {
    const { id, number, connector, state, statusText, assignee, title, origin, linkKind, lastSyncedAt, lastError, waiting, url } = one
    return el('div', { className: 'why ticket' },
      named(number ?? 'not made yet', url), ' ', tag(words(state), statusText ?? ''), tag(connector), origin === 'linked' ? tag(KINDS[linkKind] ?? linkKind, 'linked by a person, only read') : null,
      one.isSimulated ? tag('simulated') : one.isPlanned ? tag('planned only', 'the mode forbids to send') : null, one.isTouched ? tag('a person works on it') : null, one.environment === 'sandbox' ? tag('sandbox') : null,
      el('div', {}, title), el('div', { className: 'muted' }, assignee === null ? 'nobody has it' : `with ${assignee}`, ' · ', lastSyncedAt === null ? 'never synced' : ['synced ', time(lastSyncedAt)].map((part) => part), waiting === 0 ? '' : ` · ${waiting} ${waiting === 1 ? 'piece' : 'pieces'} of work ${waiting === 1 ? 'waits' : 'wait'}`),
      lastError === null ? null : el('div', { className: 'error' }, lastError),
      this.#mayAct && origin === 'linked' ? el('div', { className: 'actions' }, this.#kind(id, linkKind), this.button('Unlink', async () => {
        await call('DELETE', this.#path(`/${encodeURIComponent(id)}`))
        await this.#refresh()
      })) : null)
  }

  #kind(id, linkKind) {
    const select = kinds(`How ticket belongs`, linkKind)
    select.addEventListener('change', () => void this.attempt(async () => {
      await call('PATCH', this.#path(`/${encodeURIComponent(id)}`), { kind: select.value })
      await this.#refresh()
    }))
    return select
  }

  #linking() {
    const input = this.keep('named', () => el('input', { placeholder: 'Number or address of a ticket', ariaLabel: 'Ticket to link', maxLength: 500 }))
    const kind = this.keep('kind', () => kinds('How it belongs', 'related'))
    return el('div', { className: 'actions linking' }, input, kind, this.button('Link', () => this.#link(input.value.trim(), kind.value)), this.button('Look for likely ones', async () => {
      const isLast = this.turn()
      const found = await call('GET', this.#path('/suggestions'))
      if (isLast()) this.#suggested = found
    }), this.button('Look for articles', async () => {
      const isLast = this.turn()
      const found = await call('GET', `/api/incidents/${encodeURIComponent(this.#incident.id)}/knowledge`)
      if (isLast()) this.#articles = found
    }))
  }

  #known() {
    const { items, problem, query } = this.#articles
    return el('div', { className: 'articles' }, problem === null ? null : el('p', { className: 'muted' }, `The ticket system was not asked: ${problem}`), problem === null && items.length === 0 ? el('p', { className: 'muted' }, `No article about ${query}.`) : null,
      items.map(({ title, url }) => el('div', {}, named(title, url))))
  }

  #suggestions() {
    const { items, problem } = this.#suggested
    return el('div', { className: 'suggestions' }, problem === null ? null : el('p', { className: 'muted' }, `The ticket system was not searched: ${problem}`), items.length === 0 ? el('p', { className: 'muted' }, 'No ticket looks like it.') : null,
      items.map((one) => el('div', { className: 'why' }, named(one.number, one.url), ' ', tag(words(one.state), one.statusText ?? ''), tag(`${one.score} of 100`), el('div', {}, one.title), el('div', { className: 'muted' }, one.reasons.join(' ')),
        el('div', { className: 'actions' }, this.button('Link this one', () => this.#link(one.externalId, 'related'))))))
  }
}

/** A number that leads to its page, where that is an address a browser may open. */
function named(number, url) {
  const isPage = url !== null && /^https?:\/\//i.test(url)
  return isPage ? el('a', { href: url, target: '_blank', rel: 'noopener noreferrer' }, el('b', {}, number)) : el('b', {}, number)
}

function kinds(label, chosen) {
  return el('select', { ariaLabel: label }, Object.entries(KINDS).map(([value, text]) => el('option', { value, selected: value === chosen }, text)))
}
