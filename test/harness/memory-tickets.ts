/** Tickets, outbox and accounts in memory: what `storage/tickets` does, for tests of thousands of schedules. The contract of the outbox holds it to the same behaviour. */
import type { AccountState } from '../../schemas/call-accounts.ts'
import { NEW_ACCOUNT } from '../../schemas/call-accounts.ts'
import type { TestClock } from '../../schemas/clock.ts'
import { AppError } from '../../schemas/errors.ts'
import { coalesce, spared, sparedJoin } from '../../schemas/ticket-changes.ts'
import { ORDER_LEASE_MS, type HeldOrder, type NewTicket, type OrderBody, type OrderChange, type TicketOrder, type TicketRow } from '../../schemas/ticket-work.ts'
import type { TicketChange, TicketRef, TicketSnapshot } from '../../schemas/tickets.ts'
import { BODY_CHARS, type Ordered } from '../../storage/tickets/order.ts'
import type { ClaimOptions } from '../../storage/tickets/outbox.ts'
import type { OrderRow, TicketBench } from './ticket-bench.ts'

type Kept = { -readonly [K in keyof OrderRow]: OrderRow[K] } & { version: number; claimedBy: string | null; claimedUntilMs: number; firstCalledAtMs: number | null; createdAtMs: number }
type Ticket = { -readonly [K in keyof TicketRow]: TicketRow[K] }

const isOpen = ({ status }: Kept): boolean => status === 'waiting' || status === 'calling'
const refOf = (ticket: Ticket | undefined): TicketRef | null => (ticket?.externalId == null ? null : { externalId: ticket.externalId, number: ticket.number ?? ticket.externalId, url: ticket.url })

/** Everything by itself. */
export class MemoryTickets implements TicketBench {
  readonly clock: TestClock
  readonly tickets = new Map<string, Ticket>()
  readonly accountStates = new Map<string, AccountState>()
  readonly store: TicketBench['store']
  readonly accounts: TicketBench['accounts']
  readonly #orders: Kept[] = []
  /** Orders by ticket, in order; those that are done are taken out. */
  readonly #open = new Map<string, Kept[]>()
  readonly #hints: { readonly eventId: string; readonly ticketId: string; isDone: boolean }[] = []

  constructor(clock: TestClock) {
    this.clock = clock
    this.store = {
      claim: async (worker, limit, options) => this.#claim(worker, limit, options),
      begin: async (held) => this.#begin(held),
      settle: async (held, change) => this.#settle(held, change),
      hurry: async (account) => {
        for (const row of this.#orders) {
          if (this.#account(row) !== account || row.status !== 'waiting' || row.code === null || row.unknownAtMs !== null) continue
          row.dueAtMs = Math.min(row.dueAtMs, this.clock.now())
          this.#place(row.ticketId)
        }
      },
      counts: async () => ({ waiting: this.#orders.filter(({ status }) => status === 'waiting').length, calling: 0, dead: this.#orders.filter(({ status }) => status === 'dead').length, oldestDueMs: 0 }),
    }
    this.accounts = {
      change: async (account, _connector, work) => {
        const { state, answer } = work(this.accountStates.get(account) ?? NEW_ACCOUNT)
        this.accountStates.set(account, state)
        return answer
      },
      read: async (names) => new Map([...this.accountStates].filter(([name]) => names.includes(name))),
    }
  }

  async ticket({ ref, ...ticket }: NewTicket): Promise<void> {
    this.tickets.set(ticket.id, {
      ...ticket, externalId: ref?.externalId ?? null, number: ref?.number ?? null, url: ref?.url ?? null, isTouched: false, touchedAtMs: null, seen: null, state: 'unknown', statusText: null, lastNoteAtMs: null, lastCallAtMs: null,
      lastSyncedAtMs: null, lastError: null, closedAtMs: null, createdAtMs: this.clock.now(), version: 1,
    })
  }

  async order(order: TicketOrder): Promise<Ordered> {
    const ticket = this.tickets.get(order.ticketId)
    if (ticket === undefined) throw new AppError('not_found', 'there is no such ticket to order for')
    const rows = this.#orders.length === 0 ? [] : this.#of(order.ticketId)
    const newest = rows.at(-1)
    const isSent = (ticket.mode === 'sandbox' || ticket.mode === 'production') && !ticket.isSimulated
    if (isSent) {
      for (const row of rows) if (isOpen(row)) row.urgency = Math.min(row.urgency, order.urgency)
      this.#place(order.ticketId)
    }
    if (newest !== undefined && newest.status === 'waiting' && newest.firstCalledAtMs === null && !newest.isRepeat && isSent && order.isRepeat !== true && newest.kind === order.kind && (order.kind === 'update' || order.kind === 'read')) {
      const body = order.kind === 'read' ? newest.body : coalesce(newest.body as TicketChange, order.body)
      if (JSON.stringify(body).length <= BODY_CHARS) {
        newest.body = body
        newest.dueAtMs = Math.min(newest.dueAtMs, order.dueAtMs)
        this.#place(order.ticketId)
        return { id: newest.id, seq: newest.seq, status: 'waiting', isCoalesced: true }
      }
    }
    const row: Kept = {
      id: this.#orders.length + 1, ticketId: order.ticketId, seq: (newest?.seq ?? 0) + 1, kind: order.kind, body: order.body as TicketChange, urgency: order.urgency, status: isSent ? 'waiting' : 'shown', attempts: 0, isRepeat: order.isRepeat ?? false,
      unknownAtMs: null, looks: 0, dueAtMs: order.dueAtMs, code: null, error: null, version: 1, claimedBy: null, claimedUntilMs: 0, firstCalledAtMs: null, createdAtMs: this.clock.now(),
    }
    this.#orders.push(row)
    this.#byTicket.set(row.ticketId, [...rows, row])
    if (isOpen(row)) this.#open.set(row.ticketId, [...(this.#open.get(row.ticketId) ?? []), row])
    this.#place(row.ticketId)
    return { id: row.id, seq: row.seq, status: isSent ? 'waiting' : 'shown', isCoalesced: false }
  }

  readonly #byTicket = new Map<string, Kept[]>()
  #of(ticketId: string): readonly Kept[] {
    return this.#byTicket.get(ticketId) ?? []
  }
  #account(row: Pick<Kept, 'ticketId'>): string {
    return this.tickets.get(row.ticketId)?.account ?? ''
  }

  async orders(ticketId?: string): Promise<readonly OrderRow[]> {
    return this.#orders.filter((row) => ticketId === undefined || row.ticketId === ticketId).sort((a, b) => (a.ticketId < b.ticketId ? -1 : a.ticketId > b.ticketId ? 1 : a.seq - b.seq))
  }
  async row(ticketId: string): Promise<TicketRow | null> {
    return this.tickets.get(ticketId) ?? null
  }
  async nextDueAtMs(): Promise<number | null> {
    const first = [...this.#buckets.values()].flatMap(([head]) => (head === undefined ? [] : [head.dueAtMs]))
    const held = [...this.#claimed].map((row) => Math.max(row.dueAtMs, row.claimedUntilMs))
    return first.length + held.length === 0 ? null : Math.min(...first, ...held)
  }
  async hints(): Promise<readonly string[]> {
    return this.#hints.map(({ eventId }) => eventId)
  }
  async hint(ticketId: string): Promise<void> {
    this.#hints.push({ eventId: `told-${this.tickets.get(ticketId)?.version ?? 0}`, ticketId, isDone: false })
  }
  async isHinted(ticketId: string): Promise<boolean> {
    return this.#isHinted(ticketId)
  }
  #isHinted(ticketId: string): boolean {
    return this.#hints.some((hint) => hint.ticketId === ticketId && !hint.isDone)
  }
  async listen(ticketId: string, snapshot: TicketSnapshot, isTouched: boolean): Promise<void> {
    const ticket = this.tickets.get(ticketId)
    if (ticket === undefined) throw new Error('no ticket')
    Object.assign(ticket, { seen: snapshot, isTouched: ticket.isTouched || isTouched, told: { ...ticket.told, stood: { state: snapshot.state, assigneeId: null } }, version: ticket.version + 1 })
    for (const hint of this.#hints) if (hint.ticketId === ticketId) hint.isDone = true
  }
  async say(account: string, state: Partial<AccountState>): Promise<void> {
    this.accountStates.set(account, { ...NEW_ACCOUNT, ...this.accountStates.get(account), ...state })
  }

  #claim(worker: string, limit: number, { perAccount = 8, urgency: most = 3 }: ClaimOptions = {}): readonly HeldOrder[] {
    const nowMs = this.clock.now()
    const underWay = new Map<string, number>()
    const heads: Kept[] = []
    for (const row of this.#claimed) {
      if (row.claimedUntilMs > nowMs) underWay.set(this.#account(row), (underWay.get(this.#account(row)) ?? 0) + 1)
      else if (row.dueAtMs <= nowMs && row.urgency <= most) heads.push(row)
    }
    for (const bucket of this.#buckets.values()) {
      for (const head of bucket.slice(0, limit)) if (head.dueAtMs <= nowMs && head.urgency <= most) heads.push(head)
    }
    const turns = new Map<string, number>()
    const turnOf = (key: string): number => {
      const turn = (turns.get(key) ?? 0) + 1
      turns.set(key, turn)
      return turn
    }
    const inOrder = heads.sort((a, b) => a.urgency - b.urgency || a.dueAtMs - b.dueAtMs || a.id - b.id)
      .map((row) => ({ row, account: this.#account(row), turn: turnOf(`${this.#account(row)} ${this.tickets.get(row.ticketId)?.companyId ?? ''} ${row.urgency}`) }))
      .filter(({ row, account }) => this.#isReady(account, row.urgency, nowMs))
      .sort((a, b) => a.row.urgency - b.row.urgency || a.turn - b.turn || a.row.dueAtMs - b.row.dueAtMs || a.row.id - b.row.id)
      .map((one) => ({ ...one, accountTurn: turnOf(`account ${one.account}`) }))
      .filter(({ account, row, accountTurn }) => {
        const state = this.accountStates.get(account)
        const bears = state === undefined ? perAccount : state.heldCode !== null || state.breaker.openUntilMs > 0 ? 1 : Math.min(perAccount, state.learned.atOnce ?? perAccount)
        return accountTurn <= (row.urgency === 0 ? bears : Math.max(1, bears - Math.ceil(bears * 0.3))) - (underWay.get(account) ?? 0)
      })
      .sort((a, b) => a.row.urgency - b.row.urgency || a.accountTurn - b.accountTurn || a.row.dueAtMs - b.row.dueAtMs || a.row.id - b.row.id).slice(0, limit)
    return inOrder.map(({ row, account }) => {
      const state = this.accountStates.get(account)
      const isProbe = state !== undefined && state.heldCode !== null
      if (isProbe) this.accountStates.set(account, { ...state, heldUntilMs: nowMs + 120_000 })
      row.claimedBy = worker
      row.claimedUntilMs = nowMs + ORDER_LEASE_MS
      row.version += 1
      this.#place(row.ticketId)
      return this.#held(row, worker, isProbe)
    })
  }

  /** Heads nobody has, by account, company and urgency, the first due first; and those somebody has. */
  readonly #buckets = new Map<string, Kept[]>()
  readonly #claimed = new Set<Kept>()
  readonly #placed = new Map<string, { readonly row: Kept; readonly bucket: Kept[] | null; readonly dueAtMs: number }>()

  /** Puts the head of a ticket where it belongs now. */
  #place(ticketId: string): void {
    const before = this.#placed.get(ticketId)
    if (before !== undefined) {
      this.#claimed.delete(before.row)
      before.bucket?.splice(before.bucket.indexOf(before.row, this.#from(before.bucket, before.dueAtMs)), 1)
      this.#placed.delete(ticketId)
    }
    const head = this.#open.get(ticketId)?.[0]
    if (head === undefined || !isOpen(head)) return
    if (head.claimedBy !== null) {
      this.#claimed.add(head)
      this.#placed.set(ticketId, { row: head, bucket: null, dueAtMs: 0 })
      return
    }
    const key = `${this.#account(head)} ${this.tickets.get(ticketId)?.companyId ?? ''} ${head.urgency}`
    const bucket = this.#buckets.get(key) ?? []
    this.#buckets.set(key, bucket)
    let at = this.#from(bucket, head.dueAtMs)
    while (at < bucket.length && bucket[at]?.dueAtMs === head.dueAtMs && (bucket[at]?.id ?? 0) < head.id) at += 1
    bucket.splice(at, 0, head)
    this.#placed.set(ticketId, { row: head, bucket, dueAtMs: head.dueAtMs })
  }

  /** Where those begin that are due then or later. */
  #from(bucket: readonly Kept[], dueAtMs: number): number {
    let [low, high] = [0, bucket.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((bucket[middle]?.dueAtMs ?? 0) < dueAtMs) low = middle + 1
      else high = middle
    }
    return low
  }

  #isReady(account: string, urgency: number, nowMs: number): boolean {
    const state = this.accountStates.get(account)
    if (state === undefined) return true
    const isPast = (atMs: number | null): boolean => atMs === null || atMs <= nowMs
    return isPast(state.blockedUntilMs) && (state.heldCode === null || (state.heldUntilMs !== null && state.heldUntilMs <= nowMs)) && state.breaker.openUntilMs <= nowMs && isPast(state.readyCriticalAtMs) && (urgency <= 1 || isPast(state.readyAtMs))
  }

  #held(row: Kept, worker: string, isProbe: boolean): HeldOrder {
    const ticket = this.tickets.get(row.ticketId)
    if (ticket === undefined) throw new Error('no ticket')
    const { ticketId, companyId, incidentId, connectionId, connector, environment, mode, account, externalRef } = { ...ticket, ticketId: ticket.id }
    const into = 'intoTicketId' in row.body && typeof row.body.intoTicketId === 'string' ? row.body.intoTicketId : null
    const otherId = into ?? (row.kind === 'create' ? ticket.parentTicketId : null)
    const other = otherId === null ? undefined : this.tickets.get(otherId)
    return {
      ...({ kind: row.kind, body: structuredClone(row.body) } as OrderBody), id: row.id, version: row.version, worker, ticketId, companyId, incidentId, connectionId, connector, environment, mode, account, externalRef, ref: refOf(ticket),
      other: other === undefined ? null : { id: other.id, ref: refOf(other) }, seq: row.seq, urgency: row.urgency, status: row.status === 'calling' ? 'calling' : 'waiting', attempts: row.attempts, isRepeat: row.isRepeat, unknownAtMs: row.unknownAtMs,
      looks: row.looks, firstCalledAtMs: row.firstCalledAtMs, createdAtMs: row.createdAtMs, lastCallAtMs: ticket.lastCallAtMs, incidentOpenedAtMs: null, accountOkAtMs: this.accountStates.get(account)?.lastOkAtMs ?? null, isProbe,
      ...('unlessTouched' in row.body ? { isHinted: this.#isHinted(ticketId), seen: ticket.seen } : { isHinted: false, seen: null }),
    }
  }

  #mine(held: HeldOrder): Kept | null {
    const row = this.#orders[held.id - 1]
    return row !== undefined && row.version === held.version && row.claimedBy === held.worker && isOpen(row) ? row : null
  }

  #begin(held: HeldOrder): HeldOrder | null {
    const row = this.#mine(held)
    if (row === null) return null
    const nowMs = this.clock.now()
    Object.assign(row, { status: 'calling', isRepeat: true, unknownAtMs: nowMs, looks: 0, firstCalledAtMs: row.firstCalledAtMs ?? nowMs, claimedUntilMs: nowMs + ORDER_LEASE_MS, version: row.version + 1 })
    this.#spare(row)
    return { ...this.#held(row, held.worker, held.isProbe), isRepeat: held.isRepeat, unknownAtMs: held.unknownAtMs, looks: held.looks }
  }

  #spare(row: Kept): void {
    const ticket = this.tickets.get(row.ticketId)
    if (ticket === undefined) return
    const isOvertaken = this.#of(row.ticketId).some((later) => later.seq > row.seq && later.kind === 'update' && isOpen(later) && 'state' in later.body)
    const order = { kind: row.kind, body: row.body } as OrderBody
    const standing = { isTouched: ticket.isTouched, told: ticket.told, seen: ticket.seen, isOvertaken }
    const spare = order.kind === 'update' ? spared(order.body, standing) : order.kind === 'join' ? sparedJoin(order.body, standing) : null
    if (spare === null) return
    row.kind = 'update'
    row.body = spare.change
    if (spare.told !== null) Object.assign(ticket, { told: { ...ticket.told, ...spare.told }, version: ticket.version + 1 })
  }

  #settle(held: HeldOrder, change: OrderChange): boolean {
    const row = this.#mine(held)
    const ticket = this.tickets.get(held.ticketId)
    if (row === null || ticket === undefined) return false
    const isEnd = change.status !== 'waiting'
    Object.assign(row, {
      status: change.status, dueAtMs: change.dueAtMs ?? row.dueAtMs, attempts: change.attempts ?? held.attempts, isRepeat: change.isRepeat ?? held.isRepeat, unknownAtMs: change.unknownAtMs === undefined ? held.unknownAtMs : change.unknownAtMs,
      looks: change.looks ?? held.looks, firstCalledAtMs: change.isForgiven === true ? null : row.firstCalledAtMs, claimedBy: null, claimedUntilMs: 0, version: row.version + 1, ...(change.code !== undefined || isEnd ? { code: change.code ?? null, error: change.error ?? null } : {}),
    })
    if (isEnd && !(row.status === 'dead' && row.kind === 'create')) {
      const open = (this.#open.get(row.ticketId) ?? []).filter((other) => other !== row)
      if (open.length === 0) this.#open.delete(row.ticketId)
      else this.#open.set(row.ticketId, open)
    }
    this.#place(row.ticketId)
    if (change.snapshot !== undefined) {
      const { ref, state, statusText } = change.snapshot
      Object.assign(ticket, { externalId: ref.externalId, number: ref.number, url: ref.url, seen: change.snapshot, state, statusText, lastSyncedAtMs: this.clock.now(), lastError: null })
    }
    if (change.isCalled === true) ticket.lastCallAtMs = this.clock.now()
    if (change.status === 'done') ticket.lastError = null
    else if (change.error != null) ticket.lastError = change.error
    if (change.isFound === true && change.snapshot !== undefined && held.kind === 'create' && held.connectionId !== null) {
      const { state, assigneeId } = held.body
      Object.assign(ticket, { told: { stood: { state, assigneeId }, ...ticket.told } })
      this.#hints.push({ eventId: `found-${held.id}`, ticketId: held.ticketId, isDone: false })
    }
    if (change.isGone === true && held.ref !== null) this.#hints.push({ eventId: `gone-${held.id}`, ticketId: held.ticketId, isDone: false })
    if (change.isUnheard === true && held.ref !== null) this.#hints.push({ eventId: `unheard-${held.id}-${held.version}`, ticketId: held.ticketId, isDone: false })
    return true
  }
}
