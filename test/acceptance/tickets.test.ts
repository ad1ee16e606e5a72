/**
 * The story, told once for each ticket system: a disk runs full, and there is one ticket. The tool goes on about it, and there is still one ticket. A technician takes it, says something,
 * and solves it; the problem comes back, and so does the ticket. Another incident turns out to be the same, and their tickets become one. At last the technician closes it, and it is quiet.
 * One program, a company for each system, webhooks where the system has them.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { IncidentDetail } from '../../schemas/views.ts'
import { SUBJECTS } from '../contracts/connector/subjects.ts'
import type { PsaTicket } from '../fakes/psa/psa-fake.ts'
import { admin, type Client } from '../harness/client.ts'
import { colleague, psaCompany, type PsaCompany } from '../harness/psa-company.ts'
import { Program, until } from '../harness/process.ts'
import { alertBody, post } from '../harness/sender.ts'

/** The end of a test, not a measure: what is slow passes, what never comes is told with all that is known. */
const PATIENCE_MS = 300_000
/** Zendesk first: it lets a ticket be written to every twenty seconds only, and all others fit in between. */
const IDS = SUBJECTS.map(({ connector }) => connector.id).sort((a, b) => Number(b === 'zendesk') - Number(a === 'zendesk'))
let program: Program
/** Ours with the addresses of people over there, who are the same in several systems. */
const people = new Map<string, Promise<Client & { readonly userId: string }>>()
const companies: PsaCompany[] = []

beforeAll(async () => {
  program = await Program.up({ AW_MODE: 'production', AW_TICKET_POLL_SECONDS: '1' })
  await program.start()
})
afterAll(async () => {
  await Promise.all(companies.map((one) => one.stop()))
  await program.remove()
})

async function connected(id: string, name?: string): Promise<PsaCompany> {
  const subject = SUBJECTS.find(({ connector }) => connector.id === id)!
  const one = await psaCompany(program, subject.connector, subject.start, name)
  companies.push(one)
  return one
}

/** The monitoring tool says so. */
async function says({ company }: PsaCompany, status: 'firing' | 'resolved', what = 'disk full', asset = 'db-1', message = 'the data volume is full'): Promise<void> {
  const { status: code } = await post(program.url, company, 'alerts', alertBody({ asset_name: asset, signature: what, severity: 'high', message, tool_source: 'Nagios', status, external_id: `${what} ${asset}` }))
  expect(code).toBe(202)
}

async function incidentOf({ company }: PsaCompany, what: string): Promise<IncidentDetail | null> {
  const found = (await admin(program).incidents(`&company=${company.id}&merged=true`)).find(({ title }) => title.includes(what))
  return found === undefined ? null : admin(program).incident(found.id)
}

/** Our reference as it stands in the text, which every system shows. */
const refOf = ({ text }: PsaTicket): string | null => /Reference (AW-[0-9A-Z]{12})\. Written by Alert Whisperer/.exec(text)?.[1] ?? null
const ours = ({ fake }: PsaCompany): readonly PsaTicket[] => fake.tickets().filter((ticket) => refOf(ticket) !== null)
const isOver = ({ state }: PsaTicket): boolean => state === 'resolved' || state === 'closed'
const wait = <T>(one: PsaCompany, what: string, look: () => Promise<T | null | undefined | false> | T | null | undefined | false): Promise<T> => until(`${one.connector.id}: ${what}`, async () => look(), PATIENCE_MS).catch(async (cause: unknown) => {
  const orders = await program.api('GET', `/api/tickets/outbox?company=${one.company.id}`)
  throw new Error(`${one.connector.id}: ${what}: tickets ${JSON.stringify(ours(one).map(({ notes, state, number, title }) => ({ number, title, state, notes: notes.length })))}; refused ${one.refused.join('; ')}; faults ${one.fake.faults.join('; ')}; orders ${JSON.stringify(orders)}; last calls ${JSON.stringify(one.fake.calls.slice(-6).map(({ method, path, status }) => [method, path, status]))}`, { cause })
})

function known(person: { readonly name: string; readonly email: string }): Promise<Client & { readonly userId: string }> {
  const made = people.get(person.email) ?? colleague(program, person)
  people.set(person.email, made)
  return made
}
/** What was ordered is written. */
const quiet = (one: PsaCompany): Promise<true> => wait(one, 'nothing waits any more', async () => (await program.api<{ items: readonly unknown[] }>('GET', `/api/tickets/outbox?company=${one.company.id}&status=waiting,calling`)).items.length === 0)

describe.concurrent('one ticket an incident', () => {
  it.each(IDS)('from the first alert to the last word, in %s', { timeout: 900_000 }, async (id) => {
    const one = await connected(id)
    const { fake, connector: { capabilities } } = one
    await says(one, 'firing')
    const made = await wait(one, 'there is a ticket', () => ours(one)[0])
    expect(made.title.toLowerCase()).toContain('disk full')
    expect([fake.world.company.id, null]).toContain(made.companyId)

    // The tool goes on about it.
    for (let count = 2; count <= 16; count += 1) await says(one, 'firing', 'disk full', 'db-1', `the data volume is full, said ${count} times`)
    await wait(one, 'the incident has grown', async () => ((await incidentOf(one, 'disk full'))?.alertCount ?? 0) >= 16)
    if (capabilities.internalNote) await wait(one, 'the ticket says that it goes on', () => one.ticket(made.id).notes.some(({ text }) => text.includes('It goes on')))
    expect(ours(one)).toHaveLength(1)
    expect(one.ticket(made.id).notes.filter(({ text }) => text.includes('It goes on')).length).toBeLessThanOrEqual(5)

    // A technician takes it, speaks and solves it.
    fake.technician.comment(made.id, 'Looking at it, it is the archive.', false)
    await wait(one, 'the comment is in the incident', async () => (await incidentOf(one, 'disk full'))?.timeline.some(({ kind, text, actor }) => kind === 'note' && actor?.kind === 'connector' && text.includes('it is the archive')))
    if (capabilities.assign) {
      const [sam, kim] = fake.world.users
      const [{ userId: ourSam }, { userId: ourKim }] = [await known(sam), await known(kim)]
      fake.technician.reassign(made.id, sam.id)
      await wait(one, 'the incident is Sam’s', async () => (await incidentOf(one, 'disk full'))?.assignee === ourSam)
      await program.api('POST', `/api/incidents/${(await incidentOf(one, 'disk full'))!.id}/assign`, { assignee: ourKim })
      await wait(one, 'the ticket is Kim’s', () => one.ticket(made.id).assigneeId === kim.id)
      expect((await incidentOf(one, 'disk full'))?.assignee).toBe(ourKim)
    }
    await quiet(one)
    fake.technician.setStatus(made.id, 'resolved')
    await wait(one, 'the incident is resolved', async () => (await incidentOf(one, 'disk full'))?.status === 'resolved')
    expect(isOver(one.ticket(made.id))).toBe(true)

    // The problem comes back.
    await says(one, 'resolved')
    await says(one, 'firing')
    await wait(one, 'the incident is open again', async () => (await incidentOf(one, 'disk full'))?.status !== 'resolved')
    const back = await wait(one, 'there is an open ticket for it again', () => ours(one).find((ticket) => !isOver(ticket) && ticket.title.toLowerCase().includes('disk full')))
    expect(ours(one)).toHaveLength(capabilities.reopen ? 1 : 2)
    expect(back.id === made.id).toBe(capabilities.reopen)

    // Another incident is the same trouble.
    await says(one, 'firing', 'backup failed', 'nas-9', 'no backup since yesterday')
    const other = await wait(one, 'the other has a ticket', () => ours(one).find(({ title }) => title.toLowerCase().includes('backup failed')))
    const [kept, gone] = [(await incidentOf(one, 'disk full'))!, (await incidentOf(one, 'backup failed'))!]
    await program.api('POST', `/api/incidents/${gone.id}/merge`, { into: kept.id })
    await wait(one, 'their tickets are one or linked', () => {
      const [here, there] = [one.ticket(other.id), one.ticket(back.id)]
      return here.mergedIntoId === back.id || here.isDeleted || here.linkedIds.includes(back.id) || there.linkedIds.includes(here.id) || (capabilities.joins !== 'merge' && isOver(here))
    })

    // The technician closes it.
    await quiet(one)
    fake.technician.close(back.id)
    await wait(one, 'the incident is closed', async () => ['closed', 'resolved'].includes((await admin(program).incident(kept.id)).status))

    // The dust settles: what is left to do is done, nothing answers itself.
    await quiet(one)
    expect(fake.calls.filter(({ isWrite }) => isWrite).length).toBeLessThanOrEqual(45)
    expect(ours(one).length).toBe(capabilities.reopen ? 2 : 3)
    expect(one.refused).toEqual([])
    expect(fake.faults).toEqual([])
    const elsewhere = new Set(companies.filter((others) => others !== one).flatMap((others) => ours(others).map(refOf)))
    for (const ticket of ours(one)) {
      expect([fake.world.company.id, null]).toContain(ticket.companyId)
      expect(elsewhere.has(refOf(ticket))).toBe(false)
    }
  })
})

describe('a program that is killed', () => {
  it('while its ticket is made makes no second one, and hears what was said meanwhile', { timeout: 900_000 }, async () => {
    const one = await connected('zendesk', 'Killed Ltd')
    one.fake.trouble({ is: 'silence', path: /tickets/, isWrite: true })
    const taken = one.fake.taken(/\/tickets(\.json)?$/)
    await says(one, 'firing')
    await taken
    await program.kill()
    const made = await until('the ticket is there', async () => ours(one)[0], PATIENCE_MS)
    one.fake.technician.comment(made.id, 'Who is at it?', false)
    one.fake.technician.setStatus(made.id, 'resolved')
    one.fake.calm()
    await program.start()
    await wait(one, 'the comment is in the incident', async () => (await incidentOf(one, 'disk full'))?.timeline.some(({ text }) => text.includes('Who is at it?')))
    await wait(one, 'the incident is resolved', async () => (await incidentOf(one, 'disk full'))?.status === 'resolved')
    expect(isOver(one.ticket(made.id))).toBe(true)
    expect(ours(one)).toHaveLength(1)
    expect(one.fake.faults).toEqual([])
  })
})
