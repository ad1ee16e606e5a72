import { describe, expect, it } from 'vitest'
import type { TicketChange, TicketDraft, TicketMapping, TicketTime } from '../../schemas/tickets.ts'
import { describeMapGolden } from '../../test/harness/map-golden.ts'
import type { OpenConnection } from '../port.ts'
import { quoted, wholeNumber } from './conditions.ts'
import { assetOf, companyOf, noteBody, pageOf, patchOf, plainNote, snapshotOf, ticketBody, timeBody, userOf } from './map.ts'
import type { CwCompany, CwConfiguration, CwMember, CwNote, CwTicket } from './types.ts'

const NOTHING: TicketMapping = { status: {}, priority: {}, place: {} }

function connection(mapping: TicketMapping = NOTHING, fields: Readonly<Record<string, string>> = {}): OpenConnection {
  return { id: 'c1', companyId: null, connector: 'connectwise-manage', environment: 'production', baseUrl: 'https://api-na.myconnectwise.net/v4_6_release/apis/3.0', auth: 'basic', fields: { company: 'northwind', member: 'AWhisper', ...fields }, mapping }
}

describeMapGolden('connectwise-manage', import.meta.dirname, {
  draft: (input) => {
    const { mapping, draft, fields } = input as { mapping: TicketMapping; draft: Omit<TicketDraft, 'mapping'>; fields?: Record<string, string> }
    return ticketBody({ ...draft, mapping }, connection(mapping, fields))
  },
  change: (input) => {
    const { mapping, change } = input as { mapping: TicketMapping; change: Omit<TicketChange, 'mapping'> }
    return patchOf({ ...change, mapping })
  },
  note: (input) => noteBody(input as Parameters<typeof noteBody>[0], connection()),
  time: (input) => {
    const { mapping, ticketId, time } = input as { mapping: TicketMapping; ticketId: string; time: TicketTime }
    return timeBody(ticketId, time, mapping, connection(mapping))
  },
  snapshot: (input) => {
    const { mapping, ticket, notes } = input as { mapping: TicketMapping; ticket: CwTicket; notes: readonly CwNote[] | null }
    return snapshotOf(ticket, notes, connection(mapping))
  },
  found: (input) => {
    const { companies, configurations, members } = input as { companies: readonly CwCompany[]; configurations: readonly CwConfiguration[]; members: readonly CwMember[] }
    return { companies: companies.map(companyOf), configurations: configurations.map(assetOf), members: members.map(userOf) }
  },
})

describe('words of ConnectWise', () => {
  it('breaks what Markdown would make of an alert, and nothing else', () => {
    expect(plainNote('plain: 50 % of C:\\ at 10.0.0.1, a < b, mail a@b.example [AW-1]')).toBe('plain: 50 % of C:\\ at 10.0.0.1, a < b, mail a@b.example [AW-1]')
    for (const markup of ['[a](https://x)', '![a](https://x)', '[a][b]', '<b>', '</b>', '<!--', '@all', '```']) {
      const broken = plainNote(`x ${markup}`)
      expect(broken, markup).not.toContain(markup)
      expect(broken.replaceAll('\u200b', ''), markup).toBe(`x ${markup}`)
    }
  })

  it('lets no text out of the quotes of a condition', () => {
    expect(quoted('disk" or id>0 or summary like "%')).toBe('"disk  or id>0 or summary like"')
    expect(quoted('a\\"b\u2028c[2026]')).toBe('"a b c 2026"')
    expect(quoted('%"*')).toBe('""')
    expect(quoted('x'.repeat(500)).length).toBe(102)
    expect([wholeNumber('250'), wholeNumber('250 or id>0'), wholeNumber('')]).toEqual(['250', '0', '0'])
  })

  it('names the page of people, which is not the one of interfaces', () => {
    expect(pageOf(4_711, connection())).toBe('https://na.myconnectwise.net/v4_6_release/services/system_io/Service/fv_sr100_request.rails?service_recid=4711&companyName=northwind')
    expect(pageOf(1, { ...connection(), baseUrl: 'https://psa.example:8443/v4_6_release/apis/3.0' })).toMatch(/^https:\/\/psa\.example:8443\/v4_6_release\//)
  })
})
