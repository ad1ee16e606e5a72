/** Repairs of an incident: runbooks that fit, the plan with its exact commands, runs with their output as it comes, and what waits for a yes. Every word enters the page as text. */
import { call } from './api.js'
import { el } from './dom.js'

const when = new Intl.DateTimeFormat(undefined, { dateStyle: 'short', timeStyle: 'medium' })
const time = (iso) => el('time', { dateTime: iso }, when.format(new Date(iso)))
const words = (text) => text.replaceAll('_', ' ')
const key = () => `console-${Array.from(crypto.getRandomValues(new Uint32Array(4)), (word) => word.toString(36)).join('')}`
const OPEN = ['planned', 'awaiting_approval', 'queued', 'running', 'verifying', 'rolling_back']
const RISK = { low: 'low', medium: 'medium', high: 'critical' }
/** Lowest role first. */
const ROLES = ['viewer', 'technician', 'company_admin', 'msp_admin']
const WAIT_SECONDS = 20

/** One incident's part of the page. It keeps its own element, so that what a person has opened or typed stays while the rest is drawn anew. */
export class Repairs {
  element = el('section', { id: 'repairs' })
  #me
  #incident
  #only
  #books = []
  #plan = null
  #error = ''
  #runs = []
  #approvals = []
  #outputs = new Map()
  #ended = new AbortController()
  /** What a person asked for last counts: an answer to an earlier question that comes later is left out. */
  #turn = 0
  /** A button that is drawn anew between the press and the release of a pointer would never hear the click. */
  #isPressed = false
  #chooser = el('select', { ariaLabel: 'Runbook' })
  #form = el('div', { className: 'inputs' })
  #fields = new Map()
  /** Elements that a person may have opened or typed into, which are not drawn anew. */
  #kept = new Map()

  /** `only`: the id of a run that is shown alone, where it has no incident. */
  constructor(incident, me, only = null) {
    this.#incident = incident
    this.#me = me
    this.#only = only
    this.#chooser.addEventListener('change', () => void this.#attempt(() => this.#choose()))
    this.element.addEventListener('pointerdown', () => { this.#isPressed = true })
    const release = () => setTimeout(() => {
      if (!this.#isPressed) return
      this.#isPressed = false
      this.#draw()
    })
    for (const end of ['pointerup', 'pointercancel']) window.addEventListener(end, release, { signal: this.#ended.signal })
  }

  /** Reads everything anew and draws it. */
  async refresh(incident) {
    this.#incident = incident
    if (this.#only !== null) {
      const run = await call('GET', `/api/runs/${encodeURIComponent(this.#only)}`)
      this.#runs = [run]
      this.#approvals = run.approvals.filter(({ status }) => status === 'pending')
      return this.#draw()
    }
    const of = `incident=${encodeURIComponent(incident.id)}&limit=20`
    const [runs, approvals, books] = await Promise.all([
      call('GET', `/api/runs?${of}`), call('GET', `/api/approvals?${of}&status=pending`), this.#books.length > 0 ? { items: this.#books } : call('GET', `/api/runbooks?company=${encodeURIComponent(incident.companyId)}`),
    ])
    this.#runs = runs.items
    this.#approvals = approvals.items
    if (this.#books.length === 0) {
      this.#books = books.items
      this.#fillChooser()
    }
    this.#draw()
  }

  /** Stops listening to output. */
  end() {
    this.#ended.abort()
  }

  #fillChooser() {
    const suggested = new Set(this.#incident.suggestedRunbooks.map(({ id }) => id))
    const option = ({ id, summary, effectiveRisk, isEnabled }) => el('option', { value: id, disabled: !isEnabled }, `${summary} (${effectiveRisk})`)
    const group = (label, books) => (books.length === 0 ? null : Object.assign(document.createElement('optgroup'), { label }))
    const fitting = this.#incident.suggestedRunbooks.map(({ id }) => this.#books.find((book) => book.id === id)).filter((book) => book !== undefined)
    const rest = this.#books.filter(({ id }) => !suggested.has(id))
    this.#chooser.replaceChildren(el('option', { value: '' }, 'Choose a runbook'))
    for (const [label, books] of [['These fit', fitting], ['Others', rest]]) {
      const node = group(label, books)
      if (node === null) continue
      node.append(...books.map(option))
      this.#chooser.append(node)
    }
  }

  async #attempt(work) {
    try {
      this.#error = ''
      await work()
    } catch (error) {
      this.#error = error.message
    }
    this.#draw()
  }

  #keep(key, make) {
    if (!this.#kept.has(key)) this.#kept.set(key, make())
    return this.#kept.get(key)
  }

  async #choose(id = this.#chooser.value) {
    const turn = ++this.#turn
    this.#chooser.value = id
    this.#plan = null
    this.#fields = new Map()
    this.#form.replaceChildren()
    if (id === '') return
    const { inputs } = await call('GET', `/api/runbooks/${encodeURIComponent(id)}?company=${encodeURIComponent(this.#incident.companyId)}`)
    if (turn !== this.#turn) return
    const field = (name, hint, title) => {
      const input = el('input', { placeholder: hint, title })
      this.#fields.set(name, input)
      return el('label', {}, name, input)
    }
    this.#form.append(field('machine', 'as the incident says', 'asset, alias, address or instance id; several with commas'),
      ...inputs.map(({ name, description, from, default: fallback, isRequired }) => field(`input ${name}`, [...from, fallback].filter((one) => one !== null).join(', ') || (isRequired ? 'needed' : 'none'), description)))
    await this.#show()
  }

  #asked() {
    const value = (name) => this.#fields.get(name)?.value.trim() ?? ''
    const inputs = Object.fromEntries([...this.#fields].filter(([name, field]) => name.startsWith('input ') && field.value !== '').map(([name, field]) => [name.slice(6), field.value]))
    const targets = value('machine').split(',').map((one) => one.trim()).filter((one) => one !== '')
    return { company: this.#incident.companyId, incident: this.#incident.id, inputs, ...(targets.length === 0 ? {} : { targets }) }
  }

  async #show() {
    const turn = ++this.#turn
    const plan = await call('POST', `/api/msp/runbooks/${encodeURIComponent(this.#chooser.value)}/plan`, this.#asked())
    if (turn !== this.#turn) return
    this.#plan = plan
    this.#kept.delete('plan')
  }

  async #run() {
    const turn = ++this.#turn
    const run = await call('POST', `/api/msp/runbooks/${encodeURIComponent(this.#chooser.value)}/execute`, this.#asked(), { 'idempotency-key': key() })
    if (turn === this.#turn) {
      this.#plan = null
      this.#chooser.value = ''
      this.#form.replaceChildren()
    }
    this.#runs = [run, ...this.#runs.filter(({ id }) => id !== run.id)]
    this.#follow(run.id)
    await this.refresh(this.#incident)
  }

  /** Output grows in its own element, piece by piece, until the run has ended. */
  #follow(id) {
    if (this.#outputs.has(id)) return
    const output = el('pre', { className: 'output', ariaLabel: 'Output' })
    this.#outputs.set(id, output)
    void this.#attempt(async () => {
      let speaker = ''
      for (let cursor = ''; cursor !== null && !this.#ended.signal.aborted;) {
        const page = await call('GET', `/api/runs/${encodeURIComponent(id)}/output?wait=${WAIT_SECONDS}${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`)
        for (const { seq, phase, stepId, asset, stream, text } of page.items) {
          if (speaker !== `${seq} ${stream}`) output.append(`${output.textContent === '' ? '' : '\n'}--- ${phase} ${stepId} on ${asset}${stream === 'stderr' ? ', errors' : ''}\n`)
          speaker = `${seq} ${stream}`
          output.append(text)
        }
        output.scrollTop = output.scrollHeight
        cursor = page.next
      }
      if (output.textContent === '') output.append('It wrote nothing.')
      if (!this.#ended.signal.aborted) await this.refresh(this.#incident)
    })
  }

  #draw() {
    if (this.#isPressed) return
    const mayAct = this.#me.role !== 'viewer'
    const mayAsk = mayAct && this.#only === null && this.#incident.mergedInto === null
    const button = (label, work, className = 'quiet') => el('button', { className, onclick: () => void this.#attempt(work) }, label)
    const suggested = this.#incident.suggestedRunbooks
    this.element.replaceChildren(...[
      el('h3', {}, 'Repair'), el('p', { className: 'error', role: 'alert' }, this.#error),
      ...this.#approvals.map((approval) => this.#approval(approval, button)),
      this.#only !== null ? null : suggested.length === 0 ? el('p', { className: 'muted' }, 'No runbook fits by itself.') : el('ul', { className: 'findings' }, suggested.map(({ id, summary, effectiveRisk, fits, why, refusal }) => el('li', { title: why.join(' ') }, risk(effectiveRisk), fits ? null : el('span', { className: 'tag' }, 'named by the analyst'), ' ', summary, ' ', mayAsk ? button('Show the plan', () => this.#choose(id)) : null, refusal === null ? null : el('div', { className: 'muted' }, `Not by itself: ${refusal.why}`)))),
      mayAsk ? el('div', { className: 'actions' }, this.#chooser) : null, mayAsk ? this.#form : null,
      mayAsk && this.#chooser.value !== '' ? el('div', { className: 'actions' }, button('Show the plan', () => this.#show())) : null,
      this.#plan === null || !mayAsk ? null : this.#planned(button),
      ...this.#runs.map((run) => this.#row(run, mayAct, button)),
    ].filter((part) => part !== null))
  }

  #planned(button) {
    const { plan, verdict, mode } = this.#plan
    const may = { run: 'It runs at once.', ask: `${words(verdict.role ?? 'somebody')} has to say yes${verdict.fourEyes ? ', and not who asks' : ''}.`, show: 'It is only shown, nothing is sent.', refuse: 'It does not run.' }[verdict.kind]
    return el('div', { className: 'why plan' }, el('b', {}, this.#plan.summary), ' ', risk(this.#plan.risk), el('span', { className: 'tag' }, mode), el('p', {}, `${may} ${verdict.why}`), plan === null ? null : this.#keep('plan', () => commands(plan)), el('p', {}, verdict.kind === 'refuse' || plan === null ? null : button(verdict.kind === 'show' ? 'Keep this plan' : verdict.kind === 'ask' ? 'Ask for it' : 'Run it', () => this.#run(), '')))
  }

  #approval(approval, button) {
    const run = this.#runs.find(({ id }) => id === approval.runId)
    const comment = this.#keep(`comment ${approval.id}`, () => el('input', { placeholder: 'Comment', ariaLabel: 'Comment', maxLength: 1000 }))
    const machine = approval.question === 'target' && run !== undefined
      ? this.#keep(`machine ${approval.id}`, () => el('select', { ariaLabel: 'Machine' }, run.plan.candidates.map(({ instanceId, asset, cloud, region }) => el('option', { value: instanceId }, `${asset} (${cloud} ${region} ${instanceId})`)))) : null
    const may = ROLES.indexOf(this.#me.role) >= ROLES.indexOf(approval.role)
    const answer = (word) => async () => {
      await call('POST', `/api/approvals/${encodeURIComponent(approval.id)}/${word}`, { ...(comment.value.trim() === '' ? {} : { comment: comment.value }), ...(machine === null || word === 'refuse' ? {} : { instanceId: machine.value }) })
      if (word === 'approve') this.#follow(approval.runId)
      await this.refresh(this.#incident)
    }
    return el('div', { className: 'why asks' }, el('b', {}, 'May this run? '), run === undefined ? '' : run.summary, ' ', run === undefined ? null : risk(run.risk), el('p', {}, approval.reason, ` ${words(approval.role)} has to say yes${approval.fourEyes ? ', and not who asked' : ''}; void after `, time(approval.expiresAt)),
      run === undefined ? null : this.#keep(`asked ${approval.id}`, () => commands(run.plan)), may ? el('div', { className: 'actions' }, machine, comment, button('Approve', answer('approve'), ''), button('Refuse', answer('refuse'))) : el('p', { className: 'muted' }, 'Your role does not decide this.'))
  }

  #row(run, mayAct, button) {
    const output = this.#outputs.get(run.id)
    return el('div', { className: 'why run' }, el('b', {}, run.summary), ' ', risk(run.risk), el('span', { className: 'tag status' }, words(run.status)), run.outcome === null || run.outcome === 'none' ? null : el('span', { className: 'tag' }, words(run.outcome)), run.isSimulated ? el('span', { className: 'tag' }, 'simulated') : null, el('span', { className: 'tag' }, run.mode),
      el('div', { className: 'muted' }, `${run.plan.targets.map(({ asset }) => asset).join(', ')} · ${run.requestedBy.name} · `, time(run.createdAt), run.message === null ? '' : ` · ${run.message}`),
      this.#keep(`run ${run.id} ${run.plan.commands.length}`, () => commands(run.plan)), output ?? null,
      el('div', { className: 'actions' }, output === undefined && run.status !== 'shown' ? button('Show output', async () => this.#follow(run.id)) : null, mayAct && OPEN.includes(run.status) ? button('End it', async () => {
        await call('POST', `/api/runs/${encodeURIComponent(run.id)}/cancel`, {})
        await this.refresh(this.#incident)
      }) : null))
  }
}

const risk = (name) => el('span', { className: `tag ${RISK[name] ?? 'info'}` }, `${name} risk`)

/** Machines, inputs and every command exactly as it is sent. */
function commands(plan) {
  const values = Object.entries(plan.inputs).map(([name, value]) => `${name} = ${value}`)
  return el('details', {}, el('summary', {}, `Exact commands (${plan.commands.length})`),
    el('p', {}, ...plan.targets.map(({ asset, cloud, region, instanceId, foundBy }) => el('div', {}, `${asset}: ${cloud} ${region} ${instanceId} (found by ${words(foundBy)})`)), values.length === 0 ? null : el('div', {}, `Inputs: ${values.join(', ')}`), el('div', { className: 'muted' }, `Costs ${(plan.costMicroUsd / 1_000_000).toFixed(4)} USD at list price`)),
    plan.remarks.map((remark) => el('p', {}, remark)), plan.candidates.map(({ asset, cloud, region, instanceId }) => el('div', { className: 'muted' }, `Could be ${asset}: ${cloud} ${region} ${instanceId}`)),
    plan.commands.flatMap(({ phase, stepId, asset, system, script, automation, digest, timeoutMs }) => [el('div', {}, el('b', {}, `${phase} ${stepId} on ${asset}`), ` ${system}, ${timeoutMs / 1_000} s at most`, el('div', { className: 'muted digest' }, `SHA-256 ${digest}`)), el('pre', {}, script ?? JSON.stringify(automation, null, 2))]))
}
