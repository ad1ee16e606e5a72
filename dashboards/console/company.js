/** A company's part of the page: its stop switch, and its clouds with what has to be done in them. Every word enters the page as text. */
import { call } from './api.js'
import { el } from './dom.js'

const CLOUDS = { aws: 'AWS', azure: 'Azure', gcp: 'Google Cloud' }

/** Draws itself into its element; it is made anew for each company. */
export class CompanyPart {
  element = el('div')
  #company
  #settings = null
  #accounts = []
  #shown = null
  #error = ''

  constructor(company) {
    this.#company = company
  }

  async refresh() {
    const path = `/api/companies/${encodeURIComponent(this.#company)}`
    const [settings, accounts] = await Promise.all([call('GET', `${path}/remediation`), call('GET', `${path}/cloud-accounts`)])
    this.#settings = settings
    this.#accounts = accounts.items
    this.#draw()
  }

  async #attempt(work) {
    try {
      this.#error = ''
      await work()
      await this.refresh()
    } catch (error) {
      this.#error = error.message
      this.#draw()
    }
  }

  #button(label, work, className = 'quiet') {
    return el('button', { className, onclick: () => void this.#attempt(work) }, label)
  }

  #draw() {
    const path = `/api/companies/${encodeURIComponent(this.#company)}`
    this.element.replaceChildren(el('p', { className: 'error', role: 'alert' }, this.#error), this.#stop(path), el('h3', {}, 'Clouds'), ...this.#accounts.map((account) => this.#account(path, account)), this.#adding(path))
  }

  #stop(path) {
    const { effective, settings } = this.#settings
    if (effective.stopped && settings.stopped !== true) return el('p', {}, el('span', { className: 'tag critical' }, 'stopped'), `The MSP stopped all repairs: ${effective.stoppedReason ?? ''}`)
    if (settings.stopped === true) return el('p', {}, el('span', { className: 'tag critical' }, 'stopped'), `Repairs are stopped: ${settings.stoppedReason ?? ''} `, this.#button('Resume', () => call('POST', `${path}/remediation/resume`, {})))
    const reason = el('input', { placeholder: 'Why', ariaLabel: 'Why stop', maxLength: 500 })
    return el('div', { className: 'actions' }, el('span', {}, 'Repairs may run.'), reason, this.#button('Stop all repairs', () => call('POST', `${path}/remediation/stop`, { reason: reason.value })))
  }

  #account(path, account) {
    const own = `${path}/cloud-accounts/${encodeURIComponent(account.id)}`
    const { check } = account
    return el('div', { className: 'why' }, el('b', {}, account.name), ' ', el('span', { className: 'tag' }, CLOUDS[account.cloud] ?? account.cloud), el('span', { className: 'tag' }, account.environment), el('span', { className: 'tag' }, account.enabled ? 'in use' : 'not in use'),
      check === null ? el('span', { className: 'muted' }, 'never checked') : el('ul', { className: 'findings' }, check.findings.map(({ name, ok, message }) => el('li', {}, el('span', { className: `tag ${ok ? 'info' : 'critical'}` }, ok ? 'ok' : 'fails'), `${name}: ${message}`))),
      el('div', { className: 'actions' },
        this.#button('What to do', async () => { this.#shown = this.#shown?.account.id === account.id ? null : await call('GET', `${own}/onboarding`) }), this.#button('Check', () => call('POST', `${own}/check`, {})),
        this.#button(account.enabled ? 'Take out of use' : 'Put into use', () => call('PATCH', own, { enabled: !account.enabled })), this.#button('Remove', () => call('DELETE', own))),
      this.#shown?.account.id === account.id ? onboarding(this.#shown) : null)
  }

  #adding(path) {
    const cloud = el('select', { ariaLabel: 'Cloud' }, Object.entries(CLOUDS).map(([id, name]) => el('option', { value: id }, name)))
    const name = el('input', { placeholder: 'Name', ariaLabel: 'Name of the cloud', maxLength: 100 })
    const fields = el('textarea', { placeholder: 'One a line: accountId=123456789012', ariaLabel: 'Fields', rows: 3 })
    const secret = el('input', { type: 'password', placeholder: 'Secret, where the cloud needs one', ariaLabel: 'Secret', autocomplete: 'off' })
    return el('details', {}, el('summary', {}, 'Bring in a cloud'), el('div', { className: 'inputs' }, el('label', {}, 'Cloud ', cloud), el('label', {}, 'Name', name), el('label', {}, 'Fields', fields), el('label', {}, 'Secret', secret)), this.#button('Add', async () => {
      const given = Object.fromEntries(fields.value.split('\n').map((line) => line.trim()).filter((line) => line.includes('=')).map((line) => [line.slice(0, line.indexOf('=')).trim(), line.slice(line.indexOf('=') + 1).trim()]))
      const made = await call('POST', `${path}/cloud-accounts`, { cloud: cloud.value, name: name.value, fields: given, ...(secret.value === '' ? {} : { secret: secret.value }) })
      this.#shown = await call('GET', `${path}/cloud-accounts/${encodeURIComponent(made.id)}/onboarding`)
    }, ''))
  }
}

function onboarding({ steps }) {
  return el('ol', {}, steps.map(({ title, text, code }) => el('li', {}, el('b', {}, title), text === '' ? null : el('div', {}, text), code === null ? null : copied(code))))
}

/** Text to be copied, with a button that does it; where the browser gives no clipboard it selects the text. */
function copied(code) {
  const text = el('pre', {}, code)
  const button = el('button', { className: 'quiet' }, 'Copy')
  button.addEventListener('click', async () => {
    if (navigator.clipboard === undefined) getSelection()?.selectAllChildren(text)
    else await navigator.clipboard.writeText(code)
    button.textContent = navigator.clipboard === undefined ? 'Selected' : 'Copied'
  })
  return el('div', {}, text, button)
}
