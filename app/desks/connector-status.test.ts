import { describe, expect, it } from 'vitest'
import { connectorFindings, masterKeyFindings } from '../../cli/connector-doctor.ts'
import { connectorStatus, type AccountFacts, type NewestCall } from './connector-status.ts'
import type { ConnectorStatus, MasterKeyView } from '../../schemas/connection-views.ts'
import type { ConnectionCheck, ConnectionView } from '../../schemas/tickets.ts'
import { desk } from '../../test/harness/desk-connector.ts'

const AT = '2026-01-01T00:00:00.000Z'
const PASSED: ConnectionCheck = { ok: true, findings: [{ name: 'credentials', ok: true, text: 'fine' }] }
const failed = (name: string, text: string): ConnectionCheck => ({ ok: false, findings: [{ name, ok: false, text }] })
const VIEW: ConnectionView = {
  id: 'c', companyId: null, connector: 'desk', name: 'main', environment: 'production', enabled: true, baseUrl: 'https://a.desk.test', auth: 'bearer', scopes: [], fields: {}, mapping: {}, secrets: [], hasWebhookSecret: false, isConnected: true, hookUrl: null,
  createdAt: AT, updatedAt: AT, checkedAt: AT, check: PASSED, lastUsedAt: null, tokenExpiresAt: null, lastError: null,
}
const FACTS: AccountFacts = { limits: [{ name: 'calls', calls: 100, windowMs: 60_000, left: 90 }], blockedUntil: null, held: null, waiting: 0, dead: 0, lastOkAt: AT, lastError: null }
const called = (code: string | null): NewestCall => ({ code, error: code === null ? null : `it said ${code}`, at: AT })
const statusOf = (view: Partial<ConnectionView> = {}, facts: Partial<AccountFacts> = {}, newest: NewestCall | null = null, probed: ConnectionCheck | null = null): ConnectorStatus => connectorStatus({ ...VIEW, ...view }, desk, { ...FACTS, ...facts }, newest, probed)

describe('how a connection stands', () => {
  it.each([
    ['checked, never called', {}, {}, null, null, [true, true, null]], ['never checked', { check: null, checkedAt: null }, {}, null, null, [null, null, 'never checked']], ['called well', {}, {}, called(null), null, [true, true, null]],
    ['not reached', {}, {}, called('unreachable'), null, [false, null, 'Nobody listens at the address. Correct the base URL.']], ['refused', {}, {}, called('unauthorized'), null, [true, false, 'The token is wrong or was withdrawn. Make a new one and enter it.']],
    ['in trouble there', {}, {}, called('server_error'), null, [true, null, 'aw connection check "main"']], ['held', {}, { held: 'forbidden', lastError: 'no right' }, called(null), null, [true, false, 'aw connection check']],
    ['not agreed to', { isConnected: false, lastError: 'ended' }, {}, called(null), null, [true, false, 'aw connect desk --name "main"']],
    ['probed well after trouble', {}, {}, called('timeout'), PASSED, [true, true, null]], ['probed badly after a good call', {}, {}, called(null), failed('credentials', 'the secret does not open'), [true, false, 'Make a new one']],
    ['probed badly, and called', {}, {}, called('unauthorized'), failed('agent', 'refused'), [true, false, 'Make a new one']], ['without anything to call with', {}, {}, null, failed('credentials', 'nothing stored'), [null, false, 'Make a new one']],
    ['off and fine', { enabled: false }, {}, null, null, [true, true, 'aw connection enable "main"']],
  ] as const)('%s', (_name, view, facts, newest, probed, [isReachable, isAuthorised, mend]) => {
    const status = statusOf(view, facts, newest, probed)
    expect([status.isReachable, status.isAuthorised]).toEqual([isReachable, isAuthorised])
    if (mend === null) expect([status.mend, status.lastError]).toEqual([null, null])
    else expect(status.mend).toContain(mend)
  })

  it.each([[1, '1 incident waits'], [3, '3 incidents wait']])('with %i that nobody said the company of says which command shows the question, in the API and in aw doctor', (unmatched, text) => {
    const status = connectorStatus(VIEW, desk, FACTS, null, null, unmatched)
    expect(status).toMatchObject({ unmatched, mend: expect.stringMatching(`^${text} until somebody says which customer is meant.*aw ticket matches --status asked`) })
    expect(connectorFindings([status])).toMatchObject([{ state: 'notice', detail: expect.stringMatching(`${unmatched} without a company match: ${text}`) }])
    const held = connectorStatus(VIEW, desk, { ...FACTS, held: 'quota', lastError: 'used up' }, null, null, unmatched)
    expect(held.mend).toContain('aw connection check')
    expect(connectorFindings([held])).toMatchObject([{ state: 'failed', detail: expect.stringContaining(`${unmatched} without a company match (\`aw ticket matches --status asked\` lists the questions)`) }])
  })

  it('of a connector that this release does not have says so', () => {
    expect(connectorStatus(VIEW, null, null, null, null)).toMatchObject({ budget: [], mend: expect.stringContaining('no connector desk in this release') })
  })
})

describe('aw doctor', () => {
  it.each([
    ['ok', statusOf(), 'reachable, authorised, 90 of 100 calls left, nothing waits'], ['failed', statusOf({}, {}, called('unauthorized')), 'NOT authorised'], ['failed', statusOf({}, { held: 'quota', lastError: 'used up' }), 'used up'],
    ['notice', statusOf({}, { dead: 2, waiting: 3 }), '3 wait, 2 given up'], ['notice', statusOf({ enabled: false }), 'not in use.'], ['notice', statusOf({ enabled: false }, { waiting: 1 }), 'not in use, and 1 order waits for it'], ['notice', statusOf({}, {}, called('server_error')), 'it said server_error'],
    ['ok', statusOf({}, { blockedUntil: AT }), `waits until ${AT}`],
  ] as const)('tells in one line, as %s', (state, status, text) => {
    const [finding] = connectorFindings([status])
    expect(finding).toMatchObject({ what: 'desk: main', state, detail: expect.stringContaining(text) })
  })

  it('says that none is connected', () => {
    expect(connectorFindings([])).toMatchObject([{ state: 'ok', detail: expect.stringContaining('aw connect') }])
  })

  const KEY: MasterKeyView = { source: 'file', isUnderWay: false, sealed: 7, left: 0, unreadable: [], error: null, next: null }
  it.each([['ok', {}, '7 secrets'], ['notice', { isUnderWay: true, left: 3 }, '3 of 7'], ['failed', { error: 'the disk is full' }, 'aw master-key rotate'], ['failed', { unreadable: ['connections.secrets c'] }, 'store them again'], ['notice', { next: 'take it away' }, 'take it away']] as const)('tells of the master key, as %s', (state, change, text) => {
    expect(masterKeyFindings({ ...KEY, ...change })).toMatchObject([{ state, detail: expect.stringContaining(text) }])
  })
})
