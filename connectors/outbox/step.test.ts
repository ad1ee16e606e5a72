import { describe, expect, it } from 'vitest'
import type { HeldOrder, OrderBody } from '../../schemas/ticket-work.ts'
import type { TicketDraft } from '../../schemas/tickets.ts'
import { ConnectorError, type ConnectorCode } from '../port.ts'
import { afterFailure, type Failure } from './outcome.ts'
import { seededJitter } from '../../schemas/jitter.ts'
import { ATTEMPTS_MAX, backOffMs, HEAR_PAUSE_MS, HEAR_TRIES, PATIENCE_MS, TAKE_OVER_MS, UNKNOWN_PAUSE_MS, WAITED_MS } from './pace.ts'
import { nextStep, type StepFacts } from './step.ts'

const NOW_MS = 10_000_000
const REF = { externalId: '7', number: '#7', url: null }
const mapping = { status: {}, priority: {}, place: {} }
const DRAFT: TicketDraft = { externalRef: 'AW-1', title: 't', text: 'x', severity: 'high', priority: 2, state: 'open', party: { companyId: null, contactId: null, assetIds: [] }, assigneeId: null, parent: null, mapping }
const FACTS: StepFacts = { capabilities: { findByExternalRef: true, parent: true, joins: 'merge' }, findLagMs: 0, perTicketMs: 20_000, startedAtMs: 0 }

function held(order: OrderBody = { kind: 'create', body: DRAFT }, changes: Partial<HeldOrder> = {}): HeldOrder {
  return {
    ...order, id: 1, version: 1, worker: 'w', ticketId: 't', companyId: 'c', incidentId: 'i', connectionId: 'con', connector: 'zendesk', environment: 'production', mode: 'production', account: 'a', externalRef: 'AW-1', ref: null, other: null, seq: 1, urgency: 2,
    status: 'waiting', attempts: 0, isRepeat: false, unknownAtMs: null, looks: 0, firstCalledAtMs: NOW_MS, createdAtMs: NOW_MS, lastCallAtMs: null, incidentOpenedAtMs: NOW_MS, accountOkAtMs: null, isHinted: false, seen: null, isProbe: false, ...changes,
  } as HeldOrder
}
const UPDATE: OrderBody = { kind: 'update', body: { state: 'open', mapping } }
const step = (order: HeldOrder, facts: Partial<StepFacts> = {}) => nextStep(order, { ...FACTS, ...facts }, NOW_MS)
const settled = (change: object) => ({ kind: 'settle', change })

describe('what is next', () => {
  it('of a new create: to create', () => {
    expect(step(held())).toEqual({ kind: 'create', draft: DRAFT, isRepeat: false })
  })
  it.each([
    ['one that was tried before', { isRepeat: true }, {}], ['one of an old incident', { incidentOpenedAtMs: NOW_MS - 600_001 }, {}], ['one that has waited long', { createdAtMs: NOW_MS - 600_001 }, {}], ['one from before this process', {}, { startedAtMs: NOW_MS + 1 }],
  ])('of %s: to look whether it is there with the same call', (_, changes, facts) => {
    expect(step(held(undefined, changes), facts)).toMatchObject({ kind: 'create', isRepeat: true })
  })
  it('of what another worker had marked as called: to leave it alone', () => {
    for (const order of [undefined, UPDATE]) expect(step(held(order, { status: 'calling', ref: order === undefined ? null : REF, unknownAtMs: 1 }))).toEqual(settled({ status: 'waiting', isRepeat: true, unknownAtMs: NOW_MS, looks: 0, dueAtMs: NOW_MS + TAKE_OVER_MS }))
  })
  it('of a create nobody can tell of: to wait, to look, twice where the search lags, and only then to create', () => {
    const unknown = (changes: Partial<HeldOrder>) => held(undefined, { unknownAtMs: NOW_MS - 60_000, isRepeat: true, ...changes })
    expect(step(unknown({ unknownAtMs: NOW_MS - 1 }))).toEqual(settled({ status: 'waiting', dueAtMs: NOW_MS - 1 + UNKNOWN_PAUSE_MS }))
    expect(step(unknown({ unknownAtMs: NOW_MS - 20_000 }), { findLagMs: 30_000 })).toEqual(settled({ status: 'waiting', dueAtMs: NOW_MS + 10_000 }))
    expect(step(unknown({}))).toEqual({ kind: 'look_up' })
    expect(step(unknown({ looks: 1 }), { findLagMs: 30_000 })).toEqual({ kind: 'look_up' })
    expect(step(unknown({ looks: 1 }))).toMatchObject({ kind: 'create', isRepeat: true })
    expect(step(unknown({ looks: 2 }), { findLagMs: 30_000 })).toMatchObject({ kind: 'create', isRepeat: true })
    expect(step(unknown({}), { capabilities: { ...FACTS.capabilities, findByExternalRef: false } })).toMatchObject(settled({ status: 'dead', code: 'outcome_unknown' }))
  })
  it('of a child: to wait for its parent a while, to name it, and to go without where it does not come', () => {
    const child = (ref: typeof REF | null, createdAtMs = NOW_MS) => held(undefined, { other: { id: 'p', ref }, createdAtMs })
    expect(step(child(null))).toMatchObject(settled({ status: 'waiting' }))
    expect(step(child(REF))).toMatchObject({ kind: 'create', draft: { parent: REF } })
    expect(step(child(null, NOW_MS - 300_000))).toMatchObject({ kind: 'create', draft: { parent: null } })
    expect(step(child(null), { capabilities: { ...FACTS.capabilities, parent: false } })).toMatchObject({ kind: 'create' })
    // What is critical waits for nobody: its parent may stand behind a whole storm.
    expect(step({ ...child(null), urgency: 0 })).toMatchObject({ kind: 'create', draft: { parent: null } })
  })
  it('of a create whose ticket is known by now: nothing', () => {
    expect(step(held(undefined, { ref: REF }))).toEqual(settled({ status: 'done', unknownAtMs: null }))
  })
  it('of an update: to write it, not sooner after the last than the PSA bears, and never without a ticket', () => {
    expect(step(held(UPDATE, { ref: REF }))).toMatchObject({ kind: 'update', ref: REF, isRepeat: false })
    expect(step(held(UPDATE, { ref: REF, lastCallAtMs: NOW_MS - 5_000 }))).toEqual(settled({ status: 'waiting', dueAtMs: NOW_MS + 15_000 }))
    expect(step(held(UPDATE))).toMatchObject(settled({ status: 'dead', code: 'no_ticket' }))
  })
  it('of an end that depends on who touches the ticket: to hear first what the PSA told of it, a few times, and to look first where it has waited or was tried', () => {
    const end: OrderBody = { kind: 'update', body: { state: 'resolved', unlessTouched: [{ token: 'n', text: 'x', isPublic: false }], mapping } }
    const ends = (changes: Partial<HeldOrder>) => step(held(end, { ref: REF, ...changes }))
    expect(ends({})).toEqual({ kind: 'update', ref: REF, change: { state: 'resolved', mapping }, isRepeat: false, isReadFirst: false })
    expect(ends({ isHinted: true, looks: 1 })).toEqual(settled({ status: 'waiting', looks: 2, dueAtMs: NOW_MS + HEAR_PAUSE_MS * 2 }))
    expect(ends({ createdAtMs: NOW_MS - WAITED_MS - 1 })).toMatchObject({ kind: 'update', isReadFirst: true })
    expect(ends({ isRepeat: true })).toMatchObject({ kind: 'update', isReadFirst: true })
    expect(ends({ isHinted: true, isRepeat: true, looks: HEAR_TRIES })).toMatchObject({ kind: 'update', isReadFirst: false })
    expect(step(held(UPDATE, { ref: REF, isHinted: true, isRepeat: true, createdAtMs: 0 }))).toMatchObject({ kind: 'update', isReadFirst: false })
  })
  it('of a join that merges a ticket away unless somebody touched it: the same, once the other is there', () => {
    const merge: OrderBody = { kind: 'join', body: { intoTicketId: 'o', unlessTouched: [{ token: 'n', text: 'x', isPublic: false }], mapping } }
    const merges = (changes: Partial<HeldOrder>) => step(held(merge, { ref: REF, other: { id: 'o', ref: REF }, ...changes }))
    expect(merges({})).toEqual({ kind: 'join', ref: REF, into: REF, isRepeat: false, isReadFirst: false })
    expect(merges({ isHinted: true, looks: 1 })).toEqual(settled({ status: 'waiting', looks: 2, dueAtMs: NOW_MS + HEAR_PAUSE_MS * 2 }))
    expect(merges({ isHinted: true, other: { id: 'o', ref: null } })).toMatchObject(settled({ status: 'waiting' }))
    for (const changes of [{ createdAtMs: NOW_MS - WAITED_MS - 1 }, { isRepeat: true }]) expect(merges(changes)).toMatchObject({ kind: 'join', isReadFirst: true })
    expect(merges({ isHinted: true, isRepeat: true, looks: HEAR_TRIES })).toMatchObject({ kind: 'join', isReadFirst: false })
  })
  it('of an update with nothing left to be written: nothing', () => {
    expect(step(held({ kind: 'update', body: { mapping } }, { ref: REF }))).toEqual(settled({ status: 'done', unknownAtMs: null }))
  })
  it('of a join: to join, once both are there', () => {
    const join: OrderBody = { kind: 'join', body: { intoTicketId: 'o' } }
    expect(step(held(join, { ref: REF, other: { id: 'o', ref: { ...REF, externalId: '8' } } }))).toMatchObject({ kind: 'join', into: { externalId: '8' } })
    expect(step(held(join, { ref: REF, other: { id: 'o', ref: null } }))).toMatchObject(settled({ status: 'waiting' }))
    expect(step(held(join, { ref: REF, other: null }))).toMatchObject(settled({ status: 'dead' }))
    expect(step(held(join, { ref: REF, other: { id: 'o', ref: REF }, createdAtMs: 0, isHinted: true }))).toMatchObject({ kind: 'join', isReadFirst: false })
    expect(step(held(join, { ref: REF, other: { id: 'o', ref: REF } }), { capabilities: { ...FACTS.capabilities, joins: 'none' } })).toMatchObject(settled({ status: 'dead', code: 'unsupported' }))
  })
})

describe('what becomes of an order that failed', () => {
  const sent = { calls: 1, writes: 1, isLastWrite: true }
  const failed = (code: ConnectorCode, changes: Partial<Failure> = {}, order: HeldOrder = held(UPDATE, { ref: REF })) =>
    afterFailure({ held: order, error: new ConnectorError(code, `it says ${code}`, code === 'rate_limited' || code === 'budget' ? { retryAfterMs: 7_000 } : {}), sent, isLook: false, isGone: false, ...changes }, NOW_MS, () => 0.5)

  it.each([
    // code, status, attempts, does the account learn of it, is it on hold
    ['unreachable', 'waiting', 0, true, false], ['tls', 'waiting', 0, true, true], ['timeout', 'waiting', 0, true, false], ['cut_off', 'waiting', 0, true, false], ['aborted', 'waiting', 0, false, false], ['unauthorized', 'waiting', 0, true, true],
    ['forbidden', 'waiting', 0, true, true], ['not_found', 'dead', 1, true, false], ['invalid', 'dead', 1, true, false], ['conflict', 'waiting', 1, true, false], ['too_large', 'dead', 1, true, false], ['rate_limited', 'waiting', 0, true, false],
    ['quota', 'waiting', 0, true, true], ['budget', 'waiting', 0, false, false], ['server_error', 'waiting', 0, true, false], ['bad_answer', 'waiting', 0, true, false], ['unsupported', 'dead', 1, true, false], ['misconfigured', 'waiting', 0, true, true],
    ['defect', 'dead', 1, true, false],
  ] as const)('with %s: %s', (code, status, attempts, isTold, isHeld) => {
    const { change, account } = failed(code)
    expect([change.status, change.attempts ?? 0, account !== null, account?.isHeld ?? false]).toEqual([status, attempts, isTold, isHeld])
    if (status === 'waiting') expect(change.dueAtMs).toBeGreaterThan(NOW_MS)
  })
  it('waits as long as the vendor or the budget says', () => {
    expect(failed('rate_limited').change.dueAtMs).toBe(NOW_MS + 7_000)
    expect(failed('budget', { sent: { calls: 0, writes: 0, isLastWrite: false } }).change).toMatchObject({ dueAtMs: NOW_MS + 7_000, isRepeat: false, code: null })
  })
  it('knows when nothing can have been done, and only then', () => {
    const create = held()
    expect(failed('unreachable', {}, create).change.unknownAtMs).toBeNull()
    expect(failed('conflict', {}, create).change.unknownAtMs).toBeNull()
    for (const code of ['timeout', 'cut_off', 'server_error', 'bad_answer'] as const) expect(failed(code, {}, create).change).toMatchObject({ status: 'waiting', unknownAtMs: NOW_MS, isRepeat: true })
    // Its second call was refused: the first may stand.
    expect(failed('conflict', { sent: { calls: 2, writes: 1, isLastWrite: false } }, create).change.unknownAtMs).toBe(NOW_MS)
    expect(failed('conflict', { sent: { calls: 2, writes: 2, isLastWrite: true } }, create).change.unknownAtMs).toBe(NOW_MS)
    expect(failed('budget', {}, create).change.unknownAtMs).toBe(NOW_MS)
    // What may have been made is looked for, however hopeless another try is.
    expect(failed('invalid', { sent: { calls: 2, writes: 2, isLastWrite: true } }, create).change).toMatchObject({ status: 'waiting', unknownAtMs: NOW_MS })
    expect(failed('timeout', { isLook: true }, held(undefined, { unknownAtMs: 5, looks: 1 })).change).toMatchObject({ unknownAtMs: 5, looks: 1 })
  })
  it('counts an outage for nobody, and a failure for the order that has it where others go well', () => {
    const alone = held(UPDATE, { ref: REF, attempts: ATTEMPTS_MAX - 1, firstCalledAtMs: NOW_MS - 60_000 })
    expect(failed('server_error', {}, alone).change).toMatchObject({ status: 'waiting', attempts: ATTEMPTS_MAX - 1 })
    expect(failed('server_error', {}, { ...alone, accountOkAtMs: NOW_MS - 1_000 }).change).toMatchObject({ status: 'dead', code: 'server_error', attempts: ATTEMPTS_MAX })
    expect(failed('forbidden', {}, { ...alone, attempts: 0, accountOkAtMs: NOW_MS - 1_000 })).toMatchObject({ change: { status: 'waiting', attempts: 1 }, account: { isHeld: false } })
    expect(failed('server_error', {}, { ...alone, firstCalledAtMs: NOW_MS - PATIENCE_MS - 1 }).change.status).toBe('dead')
  })
  it('counts no time for which credentials or a plan kept everybody out: the first try after that is the first', () => {
    for (const code of ['unauthorized', 'quota', 'tls'] as const) expect(failed(code).change).toMatchObject({ status: 'waiting', isForgiven: true })
    // Of a right that lacks, an order whose own fault it is has to be told from the others, by when it was called first.
    for (const code of ['forbidden', 'misconfigured', 'server_error', 'rate_limited'] as const) expect(failed(code).change.isForgiven).toBeUndefined()
  })
  it('says plainly that a ticket is gone', () => {
    expect(failed('not_found', { isGone: true }).change).toMatchObject({ status: 'dead', code: 'not_found', isGone: true, error: expect.stringContaining('gone from the PSA') })
  })
})

it('waits longer the longer it has failed, within bounds, spread by a fifth, the same for the same seed', () => {
  expect([0, 10_000, 60_000, 3_600_000].map((ms) => backOffMs(ms, () => 0.5))).toEqual([5_000, 7_500, 45_000, 600_000])
  const jitter = seededJitter(3)
  const waits = Array.from({ length: 300 }, () => backOffMs(0, jitter))
  expect([Math.min(...waits) >= 4_000, Math.max(...waits) <= 6_000, new Set(waits).size > 100, seededJitter(3)() === seededJitter(3)()]).toEqual([true, true, true, true])
})
