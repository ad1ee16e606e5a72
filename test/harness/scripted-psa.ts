/** A small ticket system in memory with its own time, faults by script and limits it counts itself; and a connector for it as plain as the real ones. */
import { ConnectorError, type CallContext, type ConnectorCode, type HttpRequest, type TicketConnector } from '../../connectors/port.ts'
import type { TicketDraft, TicketRef, TicketSnapshot } from '../../schemas/tickets.ts'
import { aSnapshot } from './ticket-bench.ts'

/** What befalls a call. `before`: nothing was done; `after`: it was done and the answer is lost; `late`: it is done some seconds after the caller gave up. */
export type Fault = 'unreachable' | 'timeout_before' | 'timeout_after' | 'late' | 'cut_off_after' | 'server_error_before' | 'server_error_after' | 'bad_answer_after' | 'rate_limited' | 'rate_limited_silently' | 'unauthorized' | 'conflict'

/** A ticket as it stands there. */
export interface PsaTicket {
  readonly id: string
  readonly externalRef: string
  readonly madeAtMs: number
  state: string
  assigneeId: string | null
  mergedIntoId?: string
  readonly notes: { readonly token: string; readonly text: string }[]
}

/** How it behaves. */
export interface PsaOptions {
  readonly fault?: (request: HttpRequest) => Fault | null
  /** How long a ticket is not found by its reference after it was made. */
  readonly lagMs?: () => number
  /** Limits it keeps to itself: calls of a window that slides, or starts with each `windowMs` of its clock. */
  readonly limits?: readonly { readonly calls: number; readonly windowMs: number; readonly writesOnly?: boolean; readonly isFixed?: boolean;  readonly retryAfter?: boolean }[]
  /** Tells what is left in headers. */
  readonly headers?: (psa: ScriptedPsa) => Record<string, string>
}

const LATE_MS = 8_000

/** The system. Its time is its own: clocks of ours may jump. */
export class ScriptedPsa {
  nowMs = 0
  readonly tickets: PsaTicket[] = []
  /** Moments of calls it counted, by what they were. */
  readonly calls: { readonly atMs: number; readonly isWrite: boolean; readonly ticket: string }[] = []
  /** Moments at which it refused a call for a limit of its own. */
  readonly refusedAtMs: number[] = []
  readonly #options: PsaOptions
  readonly #late: { readonly atMs: number; readonly request: HttpRequest }[] = []
  readonly #lags = new Map<string, number>()

  constructor(options: PsaOptions = {}) {
    this.#options = options
  }

  pass(ms: number): void {
    this.nowMs += ms
  }

  /** Takes a request. Throws what a client would. */
  take(request: HttpRequest): { readonly status: number; readonly headers: Headers; readonly body: unknown } {
    this.#catchUp()
    const isWrite = request.method !== 'GET'
    const fault = this.#options.fault?.(request) ?? null
    const lost = (code: ConnectorCode, isDone: boolean): never => {
      if (isDone) this.#answer(request)
      throw new ConnectorError(code, code)
    }
    if (fault === 'unreachable') return lost('unreachable', false)
    const full = (this.#options.limits ?? []).find((limit) => this.#used(limit) >= limit.calls && (limit.writesOnly !== true || isWrite))
    if (full !== undefined) {
      this.refusedAtMs.push(this.nowMs)
      throw new ConnectorError('rate_limited', 'too many', { httpStatus: 429, retryAfterMs: full.retryAfter === true ? full.windowMs : null })
    }
    this.calls.push({ atMs: this.nowMs, isWrite, ticket: request.path })
    switch (fault) {
      case 'timeout_before':
        return lost('timeout', false)
      case 'timeout_after':
        return lost('timeout', true)
      case 'late':
        this.#late.push({ atMs: this.nowMs + LATE_MS, request })
        return lost('timeout', false)
      case 'cut_off_after':
        return lost('cut_off', true)
      case 'server_error_before':
        return lost('server_error', false)
      case 'server_error_after':
        return lost('server_error', true)
      case 'bad_answer_after':
        return lost('bad_answer', true)
      case 'rate_limited':
        throw new ConnectorError('rate_limited', 'too many', { httpStatus: 429, retryAfterMs: 7_000 })
      case 'rate_limited_silently':
        throw new ConnectorError('rate_limited', 'too many', { httpStatus: 429 })
      case 'unauthorized':
        return lost('unauthorized', false)
      case 'conflict':
        return lost('conflict', false)
      default:
        return { status: 200, headers: new Headers(this.#options.headers?.(this) ?? {}), body: this.#answer(request) }
    }
  }

  /** What has come in too late for its caller by now. */
  #catchUp(): void {
    for (const one of this.#late.splice(0)) {
      if (one.atMs <= this.nowMs) this.#answer(one.request)
      else this.#late.push(one)
    }
  }

  #used({ windowMs, writesOnly, isFixed }: NonNullable<PsaOptions['limits']>[number]): number {
    const from = isFixed === true ? Math.floor(this.nowMs / windowMs) * windowMs : this.nowMs - windowMs
    let used = 0
    for (let at = this.calls.length - 1; at >= 0; at--) {
      const call = this.calls[at]
      if (call === undefined || (isFixed === true ? call.atMs < from : call.atMs <= from)) break
      if (writesOnly !== true || call.isWrite) used += 1
    }
    return used
  }

  #answer({ method, path, json, query }: HttpRequest): unknown {
    const [, , id, part] = path.split('/')
    if (path === '/search') {
      const ref = query?.['ref']
      return this.tickets.filter(({ externalRef, madeAtMs }) => externalRef === ref && madeAtMs + this.#lagOf(externalRef) <= this.nowMs).map((one) => one.id)
    }
    if (path === '/tickets') {
      const { externalRef, state } = json as { externalRef: string; state: string }
      const ticket: PsaTicket = { id: String(this.tickets.length + 1), externalRef, madeAtMs: this.nowMs, state, assigneeId: null, notes: [] }
      this.tickets.push(ticket)
      return ticket.id
    }
    const ticket = this.tickets.find((one) => one.id === id)
    if (ticket === undefined) throw new ConnectorError('not_found', 'no such ticket')
    if (part === 'notes' && method === 'POST') ticket.notes.push(json as { token: string; text: string })
    else if (part === 'notes') return ticket.notes.map(({ token }) => token)
    else if (method === 'PUT') Object.assign(ticket, json)
    return { ...ticket, notes: [...ticket.notes] }
  }

  /** Every ticket has its own, within what the connector promises. */
  #lagOf(ref: string): number {
    const known = this.#lags.get(ref) ?? this.#options.lagMs?.() ?? 0
    this.#lags.set(ref, known)
    return known
  }
}

/** A connector for it; it merges where it is to, else links. */
export function scriptedConnector(findLagMs: number, joins: 'merge' | 'link' = 'link'): Pick<TicketConnector, 'capabilities' | 'findLagMs' | 'create' | 'find' | 'update' | 'read' | 'join'> {
  const call = async (ctx: CallContext, method: HttpRequest['method'], path: string, more: Partial<HttpRequest> = {}): Promise<unknown> =>
    (await ctx.http.call({ method, path, action: method === 'GET' ? 'retrieved' : 'updated', reference: `${method} ${path}`, ...more })).body
  const find = async (externalRef: string, ctx: CallContext): Promise<TicketRef | null> => {
    const [id] = (await call(ctx, 'GET', '/search', { query: { ref: externalRef } })) as string[]
    return id === undefined ? null : refOf(id)
  }
  const read = async (ref: TicketRef, ctx: CallContext): Promise<TicketSnapshot | null> => {
    try {
      return snapshotOf((await call(ctx, 'GET', `/tickets/${ref.externalId}`)) as PsaTicket)
    } catch (thrown) {
      if (thrown instanceof ConnectorError && thrown.code === 'not_found') return null
      throw thrown
    }
  }
  return {
    findLagMs,
    capabilities: { publicNote: true, internalNote: true, assign: true, reopen: true, attach: false, time: false, findByExternalRef: true, parent: true, joins, companies: false, assets: false, knowledge: false, changes: 'poll' },
    find, read,
    async create(draft: TicketDraft, ctx) {
      const known = ctx.isRepeat ? await find(draft.externalRef, ctx) : null
      const id = known?.externalId ?? ((await call(ctx, 'POST', '/tickets', { json: { externalRef: draft.externalRef, state: draft.state } })) as string)
      // A second write, as PSAs want it that take no technician with a new ticket.
      if (draft.assigneeId !== null) await call(ctx, 'PUT', `/tickets/${id}`, { json: { assigneeId: draft.assigneeId } })
      return snapshotOf((await call(ctx, 'GET', `/tickets/${id}`)) as PsaTicket)
    },
    async update(ref, change, ctx) {
      const path = `/tickets/${ref.externalId}`
      const notes = [...(change.notes ?? []), ...(change.resolution === undefined ? [] : [{ token: 'resolution', text: change.resolution }])]
      const known = ctx.isRepeat && notes.length > 0 ? ((await call(ctx, 'GET', `${path}/notes`)) as string[]) : []
      if (change.state !== undefined) await call(ctx, 'PUT', path, { json: { state: change.state } })
      for (const { token, text } of notes) if (!known.includes(token)) await call(ctx, 'POST', `${path}/notes`, { json: { token, text } })
    },
    async join(from, into, ctx) {
      if (joins === 'merge') await call(ctx, 'PUT', `/tickets/${from.externalId}`, { json: { mergedIntoId: into.externalId, state: 'closed' } })
      else await call(ctx, 'PUT', `/tickets/${from.externalId}`, { json: { parentId: into.externalId } })
    },
  }
}

const refOf = (id: string): TicketRef => ({ externalId: id, number: `#${id}`, url: null })
/** A ticket as the sync sees it; notes of people there have a token that begins with `their`. */
export const snapshotOf = ({ id, state, externalRef, mergedIntoId, notes }: PsaTicket): TicketSnapshot => aSnapshot(id, {
  externalRef, mergedIntoId: mergedIntoId ?? null, state: state === 'resolved' ? 'resolved' : 'open', statusText: state,
  notes: notes.map(({ token, text }) => ({ externalId: token, text, isPublic: false, isOurs: !token.startsWith('their'), author: { externalId: null, name: 'Ann', email: null, isAgent: true }, channel: 'web', atMs: null })),
})
