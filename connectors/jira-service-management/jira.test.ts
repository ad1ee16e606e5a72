import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { TestClock } from '../../schemas/clock.ts'
import { runJql } from '../../test/fakes/psa/jira-jql.ts'
import { startJiraWith } from '../../test/fakes/psa/jira-service-management.ts'
import { connectorWorld, failure } from '../../test/harness/connector-world.ts'
import { jiraServiceManagement as jira } from './index.ts'
import { isIssueKey, phrase, quoted, words } from './jql.ts'

type Fake = Awaited<ReturnType<typeof startJiraWith>>
const open: Fake[] = []

afterEach(async () => {
  for (const fake of open.splice(0)) {
    await fake.stop()
    expect(fake.faults).toEqual([])
  }
})

async function begin(form?: readonly string[], leads?: Readonly<Record<string, readonly string[]>>) {
  const clock = new TestClock()
  const fake = await startJiraWith({ clock, ...(form === undefined ? {} : { form }), ...(leads === undefined ? {} : { leads }) })
  open.push(fake)
  return { ...connectorWorld(jira, fake, clock), clock, fake }
}

describe('JQL', () => {
  const issue = { id: 1, key: 'SUP-1', project: 'SUP', summary: 'secret', text: 'secret', labels: ['secret'], createdMs: 0, updatedMs: 0 }

  it('no text leaves its quotes or is an operator', () => {
    fc.assert(fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.constantFrom('" OR labels = "secret', '\\" OR project = "SUP', '\\', 'a\n" OR "', '* ? ~ NOT secret OR', 'x AND y')), (text) => {
      expect(runJql([issue], `project = ${quoted(`HR${text}`)} AND labels = ${quoted(text)}`, 0)).toEqual([])
      const term = words(text)
      // What is left are words, all of which have to be there.
      if (term !== null) expect(runJql([issue], `project = "HR" AND text ~ ${term}`, 0)).toEqual([])
    }))
    for (const hostile of ['', 'a"b', 'AW-1 OR', '*']) expect(() => phrase(hostile)).toThrow(expect.objectContaining({ code: 'invalid' }))
    expect(['SUP-1', 'sup-12', 'SUP', 'SUP-', '1-1', 'SUP-1/../x'].map(isIssueKey)).toEqual([true, true, false, false, false, false])
  })
})

describe('Jira Service Management', () => {
  it('without labels on the form keeps the reference in the summary, through a new title too', async () => {
    const { ctx, draft, fake, connection } = await begin(['summary', 'description'])
    const wanted = draft()
    const { ref, externalRef } = await jira.create(wanted, ctx())
    expect(externalRef).toBe(wanted.externalRef)
    await jira.update(ref, { mapping: connection.mapping, title: 'Another title' }, ctx())
    expect(fake.tickets()[0]?.title).toBe(`[${wanted.externalRef}] Another title`)
    expect(await jira.find(wanted.externalRef, ctx())).toMatchObject({ externalId: ref.externalId, number: ref.number })
  })

  it('with everything on the form makes the request in one write', async () => {
    const { ctx, draft, fake } = await begin(['summary', 'description', 'labels', 'priority', 'customfield_10002'])
    await jira.create(draft(), ctx())
    expect(fake.calls.filter(({ isWrite }) => isWrite).map(({ method, path }) => `${method} ${path}`)).toEqual(['POST /rest/servicedeskapi/request'])
    expect(fake.tickets()).toMatchObject([{ companyId: fake.world.company.id, priorityId: 'High' }])
  })

  it('writes comments through the service desk interface alone, which is the only one that can say internal', async () => {
    const { ctx, draft, note, fake, connection } = await begin()
    const { ref } = await jira.create(draft(), ctx())
    await jira.update(ref, { mapping: connection.mapping, notes: [note(), note({ isPublic: true })] }, ctx())
    const written = fake.calls.filter(({ isWrite, path }) => isWrite && path.endsWith('/comment'))
    expect(written.map(({ path, body }) => [path.startsWith('/rest/servicedeskapi/'), (body as { public: unknown }).public])).toEqual([[true, false], [true, true]])
  })

  it('says which statuses can be reached where none leads to the mapped one, and changes nothing', async () => {
    const { ctx, draft, fake, connection } = await begin(undefined, { Closed: ['Pending'] })
    const { ref } = await jira.create(draft(), ctx())
    fake.technician.close(ref.externalId)
    const error = await failure(jira.update(ref, { mapping: connection.mapping, state: 'in_progress' }, ctx()))
    expect([error.code, error.message]).toEqual(['invalid', expect.stringMatching(/from "Closed" to "Work in progress"; there are "Pending"/)])
    expect(fake.tickets()[0]?.state).toBe('closed')
  })

  it('goes through a workflow that lets nothing be skipped, there and back', async () => {
    const { ctx, draft, fake, connection } = await begin(undefined, { 'Open': ['Work in progress'], 'Work in progress': ['Open', 'Completed'], 'Completed': ['Work in progress', 'Closed'], 'Closed': ['Work in progress'] })
    const { ref } = await jira.create(draft(), ctx())
    const moves = async (state: 'resolved' | 'open' | 'closed'): Promise<unknown[]> => {
      const before = fake.calls.length
      await jira.update(ref, { mapping: connection.mapping, state }, ctx())
      return [fake.tickets()[0]?.state, fake.tickets()[0]?.resolution, fake.calls.slice(before).filter(({ isWrite }) => isWrite).length]
    }
    expect(await moves('resolved')).toEqual(['resolved', 'Done', 2])
    expect(await moves('open')).toEqual(['open', null, 2])
    expect(await moves('closed')).toEqual(['closed', 'Done', 3])
    expect(await moves('open')).toEqual(['open', null, 2])
  })

  it('asks for the transitions where the issue comes without them', async () => {
    const { ctx, draft, fake, connection } = await begin()
    const { ref } = await jira.create(draft(), ctx())
    fake.trouble({ is: { status: 200, json: { id: ref.externalId, fields: { status: { name: 'Open' } } } }, method: 'GET', path: /\/issue\/\d+$/ })
    await jira.update(ref, { mapping: connection.mapping, state: 'resolved' }, ctx())
    expect(fake.tickets()[0]).toMatchObject({ state: 'resolved', resolution: 'Done' })
  })

  it('takes the name of a transition where no status is called so, and any case', async () => {
    const { ctx, draft, fake, connection } = await begin()
    const { ref } = await jira.create(draft(), ctx())
    await jira.update(ref, { mapping: { ...connection.mapping, status: { in_progress: 'to work in PROGRESS' } }, state: 'in_progress' }, ctx())
    expect(fake.tickets()[0]?.state).toBe('in_progress')
  })

  it('resolves with the mapped resolution, and names those there are where it is none', async () => {
    const { ctx, draft, fake, connection } = await begin()
    const { ref } = await jira.create(draft(), ctx())
    const error = await failure(jira.update(ref, { mapping: { ...connection.mapping, place: { ...connection.mapping.place, resolution: 'Magic' } }, state: 'resolved' }, ctx()))
    expect([error.code, error.message]).toEqual(['misconfigured', expect.stringContaining('Done, Duplicate')])
    await jira.update(ref, { mapping: { ...connection.mapping, place: { ...connection.mapping.place, resolution: 'duplicate' } }, state: 'resolved' }, ctx())
    expect(fake.tickets()[0]).toMatchObject({ state: 'resolved', resolution: 'Duplicate' })
  })

  it('tells the last change again for a minute only', async () => {
    const { ctx, clock, fake } = await begin()
    const start = await jira.changedSince(null, ctx())
    clock.tick(5_000)
    fake.technician.open('once')
    const first = await jira.changedSince(start.cursor, ctx())
    expect(first.changed).toHaveLength(1)
    clock.tick(300_000)
    const second = await jira.changedSince(first.cursor, ctx())
    expect((await jira.changedSince(second.cursor, ctx())).changed).toEqual([])
  })

  it('gets through a bulk change of more requests in one moment than a poll tells', async () => {
    const { ctx, clock, fake } = await begin()
    let { cursor } = await jira.changedSince(null, ctx())
    clock.tick(120_000)
    const ids = Array.from({ length: 203 }, (_unused, at) => fake.technician.open(`ticket ${at}`))
    const told: string[] = []
    for (let round = 0; round < 2; round++) {
      const page = await jira.changedSince(cursor, ctx())
      told.push(...page.changed.map(({ ref }) => ref.externalId))
      cursor = page.cursor
    }
    expect([...new Set(told)].sort()).toEqual([...ids].sort())
  })

  it('a ticket is found by its key, a customer is no technician', async () => {
    const { ctx, draft } = await begin()
    const { ref } = await jira.create(draft(), ctx())
    expect((await jira.search({ text: ` ${ref.number.toLowerCase()} `, companyId: null, limit: 5 }, ctx())).map((one) => one.ref.externalId)).toEqual([ref.externalId])
    expect(await jira.search({ text: 'SUP-999', companyId: null, limit: 5 }, ctx())).toEqual([])
    expect(await jira.findUsers('cleo', ctx())).toEqual([])
  })

  it('does not take the burst of one endpoint for the calls of an hour', async () => {
    const { connection } = await begin()
    expect(jira.pace(connection).isTold).toBe(false)
  })

  it('calls an app of many sites by its cloud, and links to the site', async () => {
    const { connection } = await begin()
    const cloud = { ...connection, auth: 'oauth2_code' as const, baseUrl: 'https://api.atlassian.com/ex/jira/11111111-2222-3333-4444-555555555555' }
    expect(jira.account(cloud)).toBe('jira-service-management:api.atlassian.com/ex/jira/11111111-2222-3333-4444-555555555555')
    expect(jira.authorise({ accessToken: 'token' }, cloud)).toEqual({ authorization: 'Bearer token' })
    expect(() => jira.authorise({}, cloud)).toThrow(expect.objectContaining({ code: 'misconfigured' }))
    expect(() => jira.authorise({}, connection)).toThrow(expect.objectContaining({ code: 'misconfigured' }))
  })
})
