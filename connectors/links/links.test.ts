import { describe, expect, it } from 'vitest'
import type { TicketSnapshot } from '../../schemas/tickets.ts'
import { ConnectorError, type CallContext, type TicketConnector } from '../port.ts'
import { findNamed, namesIn } from './named.ts'
import { searchesFor, suggest, type Candidate, type Compared } from './suggest.ts'

const AT_MS = Date.UTC(2026, 5, 1, 12)
const snapshot = (externalId: string, number = externalId, over: Partial<TicketSnapshot> = {}): TicketSnapshot => ({
  ref: { externalId, number, url: null }, externalRef: null, title: 't', state: 'open', statusText: 'New', priorityId: null, assignee: null, companyId: null, parentId: null, mergedIntoId: null, isDeleted: false, notes: null, createdAtMs: null, updatedAtMs: null, isLastChangeOurs: null, ...over,
})

describe('what a person names', () => {
  it.each<[named: string, base: string, names: readonly string[]]>([
    ['#42', 'https://acme.zendesk.com/api/v2', ['42', '#42']], [' INC0010023 ', 'https://acme.service-now.com', ['INC0010023']], ['', 'https://a.example', []],
    ['https://acme.zendesk.com/agent/tickets/35436', 'https://acme.zendesk.com/api/v2', ['35436']],
    ['https://rt.example.com/Ticket/Display.html?id=12#txn-9', 'https://rt.example.com', ['12', 'txn-9']],
    ['https://acme.service-now.com/nav_to.do?uri=incident.do%3Fx&sys_id=9d385017c611228701d22104cc95c371', 'https://acme.service-now.com', ['9d385017c611228701d22104cc95c371']],
    ['https://acme.atlassian.net/browse/ITSM-7', 'https://acme.atlassian.net', ['ITSM-7']],
    ['https://na.myconnectwise.net/v4_6_release/services/system_io/Service/fv_sr100_request.rails?service_recid=8123', 'https://api-na.myconnectwise.net/v4_6_release/apis/3.0', ['8123', 'v4_6_release']],
    ['https://evil.example/agent/tickets/35436', 'https://acme.zendesk.com/api/v2', []], ['https://127.0.0.2/tickets/1', 'http://127.0.0.1:8080', []], ['https://acme.zendesk.com/agent/%zz/1', 'https://acme.zendesk.com', ['1']], ['https://', 'https://a.example', []],
  ])('%j at %s may be %j', (named, base, names) => {
    expect(namesIn(named, base)).toEqual(names)
  })

  /** A system with these tickets, that tells what it was asked. */
  function world(tickets: readonly TicketSnapshot[], fail: ConnectorError | null = null) {
    const asked: string[] = []
    const connector: Pick<TicketConnector, 'read' | 'search'> = {
      async read({ externalId }) {
        asked.push(`read ${externalId}`)
        if (fail !== null) throw fail
        if (!/^\d+$/.test(externalId)) throw new ConnectorError('invalid', 'no number')
        return tickets.find(({ ref }) => ref.externalId === externalId) ?? null
      },
      async search({ text }) {
        asked.push(`search ${text}`)
        return tickets.filter(({ ref, title }) => `${ref.number} ${title}`.toLowerCase().includes(text.toLowerCase()))
      },
    }
    const ctx = { connection: { baseUrl: 'https://psa.example' } } as CallContext
    return { asked, find: (named: string) => findNamed(connector as TicketConnector, named, ctx) }
  }

  it('is read by its id, or found by its number, and by nothing that only looks like it', async () => {
    const { find, asked } = world([snapshot('7', '#7'), snapshot('901', 'T20261121.0001', { title: 'about INC1' }), snapshot('8', '8', { isDeleted: true })])
    expect((await find('#7'))?.ref.externalId).toBe('7')
    expect(asked).toEqual(['read 7'])
    expect((await find('t20261121.0001'))?.ref.externalId).toBe('901')
    expect((await find('https://psa.example/x/901'))?.ref.externalId).toBe('901')
    expect(await find('INC1')).toBeNull()
    expect(await find('8')).toBeNull()
    expect(await find('T2026')).toBeNull()
  })

  it('asks a few times and no more, and says when the system cannot be asked', async () => {
    const { find, asked } = world([])
    expect(await find('https://psa.example/1/2/3/4/5/6')).toBeNull()
    expect(asked.filter((one) => one.startsWith('read'))).toHaveLength(3)
    await expect(world([], new ConnectorError('rate_limited', 'slow down')).find('7')).rejects.toMatchObject({ code: 'rate_limited' })
  })
})

describe('a likely ticket', () => {
  const incident: Compared = { title: 'Disk full on web-1', assets: ['web-1', 'web-2'], signatures: ['disk_full'], openedAtMs: AT_MS }
  const candidate = (externalId: string, over: Partial<Candidate> = {}): Candidate => ({
    connectionId: 'c', connector: 'zendesk', externalId, number: externalId, url: null, title: 'Something else', state: 'closed', statusText: null, origin: 'found', updatedAtMs: null, assets: [], ...over,
  })
  const ids = (candidates: readonly Candidate[]) => suggest(incident, candidates).map(({ externalId }) => externalId)

  it('shares a machine or a word of what is wrong, and says which', () => {
    const [first, second, third, ...others] = suggest(incident, [
      candidate('1'), candidate('2', { title: 'WEB-1: disk full again', state: 'open', updatedAtMs: AT_MS + 1 }), candidate('3', { title: 'backup of db-9', assets: ['web-2'], origin: 'ours' }), candidate('4', { title: 'no space on disk of fs-7' }),
    ])
    expect([first, second, third].map((one) => one?.externalId)).toEqual(['2', '3', '4'])
    expect(others).toEqual([])
    expect(first).toMatchObject({ score: 89, updatedAt: new Date(AT_MS + 1).toISOString(), reasons: ['Its title names web-1.', 'Its title says “disk”, “full” too.', 'It is still open.', 'It changed within a day of the incident.'] })
    expect(second?.reasons).toEqual(['It stands for another incident of web-2.'])
  })

  it('is shown once, ten at most, whatever order they come in', () => {
    const many = Array.from({ length: 15 }, (_, n) => candidate(String(n), { title: `web-1 trouble ${n}`, updatedAtMs: AT_MS + n }))
    expect(ids([...many, ...many])).toEqual(ids(many.toReversed()))
    expect(ids([...many, ...many])).toHaveLength(10)
    expect(new Set(ids([...many, ...many])).size).toBe(10)
  })

  it('is not one because of words that say nothing, nor of numbers', () => {
    expect(ids([candidate('1', { title: 'critical error: problem 2026 with the server' })])).toEqual([])
  })

  it('is looked for by the machine and by what is wrong, in two searches at most', () => {
    expect(searchesFor(incident)).toEqual(['web-1', 'disk full'])
    expect(searchesFor({ ...incident, assets: [], signatures: [], title: 'the error' })).toEqual([])
  })
})
