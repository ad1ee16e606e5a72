import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import type { ApiClient } from '../../cli/client.ts'
import { shellWord } from '../../cli/output.ts'
import { answeredText, answerMatch, candidatesText, findCandidates, matchesText } from '../../cli/ticket-match.ts'
import type { MatchView } from '../../schemas/ticket-matches.ts'

const ESCAPE = '\u001b[31mred\u0007'
const asked: MatchView = {
  connectionId: 'k1', connectionName: 'desk', connector: 'zendesk', companyId: 'c1', companyName: 'Acme $(id)', kind: 'company', name: 'c1', title: 'Acme $(id)', status: 'asked', externalId: null, externalName: null,
  by: 'rule: no rule fits', candidates: [{ externalId: '7', name: `Acme ${ESCAPE}` }, { externalId: '8', name: 'Acme Two' }], lookedAt: '2026-01-01T00:00:00.000Z', waiting: 2,
}
const machine: MatchView = { ...asked, kind: 'asset', name: 'db-7; reboot', title: 'db-7; reboot', candidates: [], waiting: 0 }
const decided: MatchView = { ...asked, status: 'matched', externalId: '7', externalName: 'Acme', candidates: [], by: 'person u1' }
const CONNECTIONS = [{ id: 'k1', name: 'desk', enabled: true }, { id: 'k2', name: 'old desk', enabled: false }]

/** Answers by path, and keeps what was written. */
function client(matches: readonly MatchView[], found: readonly { externalId: string; name: string; detail: null }[] = [], shared: readonly unknown[] = CONNECTIONS): { readonly api: ApiClient; readonly asked: string[] } {
  const asked: string[] = []
  const api: Pick<ApiClient, 'call'> = {
    async call<T>(method: string, path: string, body?: unknown): Promise<T> {
      asked.push(`${method} ${path}${body === undefined ? '' : ` ${JSON.stringify(body)}`}`)
      const items = path.startsWith('/api/companies?') ? [{ id: 'c1', name: 'Acme' }] : path.startsWith('/api/ticket-matches') ? matches : path === '/api/connections?company=msp' ? shared : path.startsWith('/api/connections?') || path.startsWith('/api/companies/') ? [] : found
      return (method === 'PUT' ? decided : { items, next: null }) as T
    },
  }
  return { api: api as ApiClient, asked }
}
const written = (all: readonly string[]): readonly string[] => all.filter((one) => one.startsWith('PUT'))

describe('matches at a terminal', () => {
  it('are a table, then each question with its candidates and commands that are safe to paste', () => {
    const text = matchesText([asked, machine, decided])
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/)
    expect(text).toMatch(/Which customer of desk is Acme \$\(id\)\? \(rule: no rule fits; 2 incidents wait for the answer\)\nid +name\n-.*\n7 +Acme .*\n8 +Acme Two\naw ticket match <id> --company 'Acme \$\(id\)'\naw ticket match --none --company 'Acme \$\(id\)'/)
    expect(text).toContain("aw ticket match <id> --company 'Acme $(id)' --asset 'db-7; reboot'")
    expect(text).toMatch(/matched +Acme \(7\) +person u1/)
    expect(matchesText([])).toContain('when the first ticket needs it')
    expect(matchesText([asked, { ...asked, connectionId: 'k2', connectionName: 'old desk' }])).toContain('--connection "old desk"')
    expect(matchesText(Array<MatchView>(200).fill(decided))).toContain('first 200')
  })

  it.each(['plain', 'two words', "it's", '$(id)', '`id`', 'a"b', 'x; y', '\\', 'back!', 'Ünï & co', '*', ''])('%j is one word of a shell as it stands', (text) => {
    expect(execFileSync('sh', ['-c', `printf %s ${shellWord(text)}`]).toString()).toBe(text)
  })
})

describe('an answer', () => {
  it('is a candidate by id or name, else what a search there finds by it, and nothing that is only alike', async () => {
    for (const theirs of ['8', 'acme two']) {
      const { api, asked: calls } = client([asked])
      await answerMatch(api, theirs, { company: 'Acme' })
      expect(calls.slice(-1)).toEqual(['PUT /api/connections/k1/matches {"companyId":"c1","kind":"company","externalId":"8","externalName":"Acme Two"}'])
    }
    const { api, asked: calls } = client([asked], [{ externalId: '9', name: 'Acme Nine', detail: null }, { externalId: '10', name: 'Acme Nineteen', detail: null }])
    await answerMatch(api, 'Acme Nine', { company: 'Acme' })
    expect(calls).toContain('GET /api/connections/k1/companies?q=Acme+Nine')
    await answerMatch(api, '10', { company: 'Acme' })
    expect(calls).toContain('GET /api/connections/k1/companies?q=10')
    expect(written(calls)).toEqual([expect.stringContaining('"externalId":"9"'), expect.stringContaining('"externalId":"10","externalName":"Acme Nineteen"')])
    await expect(answerMatch(api, 'Acme N', { company: 'Acme' })).rejects.toMatchObject({ code: 'not_found', message: expect.stringContaining('--id <id>') })
    await expect(answerMatch(client([asked], [{ externalId: '9', name: 'X', detail: null }, { externalId: '10', name: 'x', detail: null }]).api, 'X', { company: 'Acme' })).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining('9, 10') })
  })

  it('may be none, or an id nobody looks up, but not both and not nothing', async () => {
    const { api, asked: calls } = client([asked])
    await answerMatch(api, undefined, { company: 'Acme', none: true })
    await answerMatch(api, undefined, { company: 'Acme', id: '4711' })
    expect(written(calls)).toEqual([expect.stringContaining('"externalId":null,"externalName":null'), expect.stringContaining('"externalId":"4711","externalName":null')])
    for (const [theirs, how] of [['7', { none: true }], [undefined, {}], ['7', { id: '7' }], [undefined, { id: '7', none: true }]] as const) await expect(answerMatch(api, theirs, { company: 'Acme', ...how })).rejects.toMatchObject({ code: 'usage' })
    expect(answeredText({ match: { ...decided, externalId: null }, waited: 2 })).toContain('has no customer in desk')
    expect(answeredText({ match: decided, waited: 2 })).toContain('2 incidents that waited for it are looked at now')
  })

  it('goes to the system that asks, else to the one in use, and says when it cannot tell', async () => {
    const { api, asked: calls } = client([decided, { ...asked, connectionId: 'k2', connectionName: 'old desk' }])
    await answerMatch(api, '8', { company: 'Acme' })
    expect(written(calls)[0]).toContain('/api/connections/k2/')
    const fresh = client([])
    await answerMatch(fresh.api, undefined, { company: 'Acme', none: true })
    expect(written(fresh.asked)[0]).toContain('/api/connections/k1/')
    await answerMatch(fresh.api, undefined, { company: 'Acme', none: true, connection: 'old desk' })
    expect(written(fresh.asked)[1]).toContain('/api/connections/k2/')
    await expect(answerMatch(client([asked, { ...asked, connectionId: 'k2' }]).api, '8', { company: 'Acme' })).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining('--connection') })
    const again = client([decided])
    await answerMatch(again.api, '7', { company: 'Acme' })
    expect(again.asked.filter((one) => one.includes('companies?q='))).toEqual([])
    expect(written(again.asked)).toEqual([expect.stringContaining('"externalId":"7","externalName":"Acme"')])
    await expect(answerMatch(client([], [], []).api, '8', { company: 'Acme' })).rejects.toMatchObject({ code: 'not_found', message: expect.stringContaining('aw connection list') })
  })

  it('about a machine is looked up among those of the customer, which has to be known first', async () => {
    const { api, asked: calls } = client([machine, decided], [{ externalId: '70', name: 'db-7', detail: null }])
    await answerMatch(api, 'db-7', { company: 'Acme', asset: 'db-7; reboot' })
    expect(calls).toContain('GET /api/connections/k1/assets?q=db-7&of=7')
    expect(written(calls)).toEqual([expect.stringContaining('"kind":"asset","name":"db-7; reboot","externalId":"70"')])
    await expect(findCandidates(client([machine]).api, [], { company: 'Acme', asset: 'db-7; reboot' })).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining('aw ticket match') })
    await expect(answerMatch(client([]).api, '1', { company: 'Acme', asset: 'db-7', user: 'u1' })).rejects.toMatchObject({ code: 'usage' })
    await expect(answerMatch(client([]).api, '1', { company: 'Acme', user: 'Sam' })).rejects.toMatchObject({ code: 'not_found' })
    await expect(answerMatch(client([]).api, '1', { company: 'Acme', asset: 'no-such' })).rejects.toMatchObject({ code: 'not_found' })
  })

  it('is prepared by a search, which shows nothing that steers the terminal', async () => {
    const { api } = client([asked], [{ externalId: '9', name: ESCAPE, detail: null }])
    const text = candidatesText(await findCandidates(api, ['ac', 'me'], { company: 'Acme' }))
    expect(text).toMatch(/^id +name +known by\n-.*\n9 /)
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/)
    expect(candidatesText(await findCandidates(client([asked]).api, [], { company: 'Acme' }))).toContain('no customer found by "Acme"')
  })
})
