/**
 * The story: an MSP has one Zendesk for all clients. Acme is found in it by its name; for Globex Europe a person is asked, and until then its incident waits in sight of everybody who looks. A run at Acme
 * waits for a second pair of eyes, which may be those of a colleague who writes in the ticket, and of nobody else who does. When all is done and looked at again, nothing is called.
 */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { approvalCodeOf } from '../../connectors/sync/identity.ts'
import { zendesk } from '../../connectors/zendesk/index.ts'
import type { ConnectorStatus } from '../../schemas/connection-views.ts'
import type { RunDetail } from '../../schemas/remediation-views.ts'
import type { ApprovalView } from '../../schemas/runs.ts'
import type { MatchView } from '../../schemas/ticket-matches.ts'
import type { IncidentDetail, Page } from '../../schemas/views.ts'
import { startAwsFake, type AwsFake } from '../fakes/aws-ssm.ts'
import type { PsaTicket } from '../fakes/psa/psa-fake.ts'
import { startZendesk, type ZendeskFake } from '../fakes/psa/zendesk.ts'
import { AWS_ENV, awsCompany } from '../harness/aws-company.ts'
import { admin, onboard } from '../harness/client.ts'
import { colleague, connectPsa, FAST, type ConnectedPsa } from '../harness/psa-company.ts'
import { Program, undoAll, until } from '../harness/process.ts'
import { alertBody, post, type Company } from '../harness/sender.ts'

const ROOT = join(import.meta.dirname, '../..')
/** The end of a test, not a measure. */
const PATIENCE_MS = 300_000
const PATIENT = { timeout: 900_000 }
/** Twice the turn in which the program counts what is left to be read. */
const QUIET_MS = 10_000
const [SAM, KIM] = [{ name: 'Sam Field', email: 'sam@northwind-msp.example' }, { name: 'Kim Reyes', email: 'kim@northwind-msp.example' }]

let program: Program
let aws: AwsFake
let psa: ConnectedPsa
let fake: ZendeskFake
let acme: Company
let globex: Company
const undo: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  aws = await startAwsFake()
  undo.push(() => aws.close())
  program = await Program.up({ ...AWS_ENV, AW_TICKET_POLL_SECONDS: '3600' })
  undo.push(() => program.remove())
  await program.start()
  psa = await connectPsa(program, zendesk, async (how) => (fake = await startZendesk(how)), null)
  undo.push(() => psa.stop())
  acme = (await awsCompany(program, aws, 'Acme Corp', { asset: 'web-1', instanceId: 'i-0123456789abcdef0', accountId: '111111111111', volume: '/var' })).company
  globex = await onboard(program, 'Globex Europe', { mode: 'production' })
  for (const { id } of [acme, globex]) await program.api('PUT', `/api/companies/${id}/ticket-settings`, FAST)
})
afterAll(() => undoAll(undo))

const wait = <T>(what: string, look: () => Promise<T | null | undefined | false> | T | null | undefined | false): Promise<T> => until(what, async () => look(), PATIENCE_MS)
async function says(company: Company, asset: string, signature: string): Promise<void> {
  expect((await post(program.url, company, 'alerts', alertBody({ asset_name: asset, signature, external_id: `${signature} ${asset}` }))).status).toBe(202)
}
async function incidentOf({ id }: Company): Promise<IncidentDetail> {
  const first = await wait('there is an incident', async () => (await admin(program).incidents(`&company=${id}`))[0])
  return admin(program).incident(first.id)
}
const ticketOf = (what: string): PsaTicket | undefined => fake.tickets().find(({ title }) => title.includes(what))
const status = async (): Promise<ConnectorStatus> => (await program.api<Page<ConnectorStatus>>('GET', '/api/connectors/status')).items[0]!

/** Runs the command line. */
function aw(...args: readonly string[]): Promise<{ readonly code: number; readonly out: string; readonly error: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [join(ROOT, 'main.ts'), ...args], { env: { PATH: process.env['PATH'] ?? '', AW_PORT: String(program.port), AW_DATA_DIR: program.dataDir } }, (error, out, said) => {
      resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : 1, out, error: said })
    })
  })
}

describe('one ticket system for all clients', () => {
  it('has a ticket for the client it knows by name, and asks in sight of everybody about the one it does not', PATIENT, async () => {
    await says(globex, 'db-7', 'ReplicationStopped')
    await says(acme, 'web-1', 'HighCPU')
    const own = await wait('Acme has a ticket', () => ticketOf('HighCPU'))
    expect(own.companyId).toBe(fake.world.company.id)

    const asked = await wait('it is told that an incident waits', async () => (await status()).unmatched === 1 && status())
    expect(asked.mend).toContain('1 incident waits until somebody says which customer is meant: `aw ticket matches --status asked`')
    expect((await aw('doctor')).out).toMatch(/zendesk: zendesk .*1 without a company match: 1 incident waits until somebody says which customer is meant/)
    const { items: [question, ...others] } = await program.api<{ items: MatchView[] }>('GET', `/api/ticket-matches?status=asked&connection=${psa.connectionId}`)
    expect(others).toEqual([])
    expect(question).toMatchObject({ companyId: globex.id, kind: 'company', candidates: [{ externalId: fake.world.otherCompany.id, name: 'Globex' }] })
    expect(ticketOf('ReplicationStopped')).toBeUndefined()

    const theirs = fake.world.otherCompany
    const globexIs = ['--company', 'Globex Europe'] as const
    const { number } = await incidentOf(acme)
    const [mode, tickets, shown, listed, candidates, wrong, nothing] = await Promise.all([
      aw('company', 'mode', 'Globex Europe'), aw('ticket', 'list', String(number)), aw('ticket', 'matches', '--status', 'asked', ...globexIs), aw('ticket', 'matches', ...globexIs, '--json'), aw('ticket', 'candidates', 'glo', ...globexIs),
      aw('ticket', 'match', 'Initech', ...globexIs), aw('ticket', 'match', ...globexIs),
    ])
    expect(mode.out).toContain('Globex Europe is in mode production: ')
    expect(tickets.out).toMatch(/zendesk +open +own, resolves .*HighCPU/)
    for (const part of ['Which customer of zendesk is Globex Europe? (rule: no rule fits; 1 incident waits for the answer)', `${theirs.id}  Globex`, 'aw ticket match <id> --company "Globex Europe"']) expect(shown.out).toContain(part)
    expect(JSON.parse(listed.out)).toEqual([question])
    expect(candidates.out).toMatch(new RegExp(`${theirs.id} +Globex`))
    expect(wrong).toEqual({ code: 1, out: '', error: expect.stringContaining('zendesk has no customer "Initech" among the candidates') })
    expect(nothing).toEqual({ code: 2, out: '', error: expect.stringContaining('--none where there is none') })
    expect(ticketOf('ReplicationStopped')).toBeUndefined()

    expect(await aw('ticket', 'match', 'globex', '--company', 'Globex Europe')).toEqual({ code: 0, out: `Globex Europe is Globex (${theirs.id}) in zendesk; 1 incident that waited for it is looked at now\n`, error: '' })
    const made = await wait('Globex has a ticket', () => ticketOf('ReplicationStopped'))
    expect([made.companyId, ticketOf('HighCPU')?.companyId]).toEqual([fake.world.otherCompany.id, fake.world.company.id])
    await wait('nothing waits', async () => (await status()).unmatched === 0)
    expect((await status()).mend).toBeNull()
    expect(fake.tickets()).toHaveLength(2)
    expect((await aw('ticket', 'matches', '--status', 'matched')).out).toMatch(new RegExp(`Globex Europe +customer +Globex Europe +zendesk +matched +Globex \\(${theirs.id}\\) +person`))
  })
})

describe('a request for approval', () => {
  it('is answered in its ticket by a colleague who is logged in there, and not by mail, by a client, by a stranger, or by who asked', PATIENT, async () => {
    const sam = await colleague(program, SAM)
    const { id: incident } = await incidentOf(acme)
    const { status: code, body: run, text } = await sam.call<RunDetail>('POST', `/api/companies/${acme.id}/scripts`, { summary: 'See what is on', system: 'linux', script: 'true', targets: ['web-1'], incident })
    expect(code, text).toBe(202)
    const approval = async (): Promise<ApprovalView | undefined> => (await program.api<RunDetail>('GET', `/api/runs/${run.id}`)).approvals[0]
    const asked = await wait('somebody is asked', async () => (await approval())?.status === 'pending' && approval())
    expect(asked).toMatchObject({ role: 'msp_admin', fourEyes: true })
    const line = `approve ${approvalCodeOf(asked.id)}`
    const { id } = await wait('the ticket tells how to answer', () => fake.tickets().find(({ notes }) => notes.some((note) => note.text.includes(line))))
    expect(id).toBe(ticketOf('HighCPU')?.id)

    const heard = async (part: string): Promise<number> => (await admin(program).incident(incident)).timeline.filter(({ kind, text: said }) => kind === 'note' && said.includes(part)).length
    const answers = async (email: string, channel: 'web' | 'email', why: string | null): Promise<void> => {
      const before = await heard(`: ${line}`)
      fake.says(id, email, line, channel)
      await wait(`${email} was heard`, async () => (await heard(`: ${line}`)) > before)
      if (why !== null) await wait(`it is told why ${email} does not decide`, async () => (await heard(`The answer of ${email} in the ticket was not taken: ${why}`)) === 1)
    }
    await answers(KIM.email, 'web', 'nobody here has the address')
    await answers(SAM.email, 'web', 'somebody other than who asked')
    await answers('cleo@acme.example', 'web', null)
    const kim = await colleague(program, KIM)
    await answers(KIM.email, 'email', null)
    expect(await approval()).toMatchObject({ status: 'pending' })
    await answers(KIM.email, 'web', null)
    await wait('it is decided', async () => (await approval())?.status === 'approved')
    expect(await approval()).toMatchObject({ via: 'psa', decidedBy: { id: kim.userId } })
    await wait('the run goes on', async () => !['awaiting_approval', 'planned'].includes((await program.api<RunDetail>('GET', `/api/runs/${run.id}`)).status))
  })
})

describe('when the dust has settled', () => {
  /** A counter of the program, all labels together. */
  const counted = async (name: string): Promise<number> => [...(await (await fetch(`${program.url}/metrics`)).text()).matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\d+)$`, 'gm'))].reduce((sum, [, value]) => sum + Number(value), 0)

  it('looking again writes nothing, and looking at what is known calls nothing', PATIENT, async () => {
    const { id: incident } = await incidentOf(globex)
    const ticket = ticketOf('ReplicationStopped')!.id
    const waiting = async (): Promise<number> => (await program.api<Page<unknown>>('GET', `/api/tickets/outbox?company=${globex.id}&status=waiting,calling`)).items.length
    // Every webhook has come and what it told of is read; what waits is counted in turn, so that it has to stay so for longer than a turn.
    const allIsRead = async (): Promise<void> => {
      await wait('all is written', async () => (await waiting()) === 0)
      await wait('every webhook has come', async () => (await counted('ticket_hooks_total')) >= fake.hooks.length)
      let [calls, sinceMs] = [-1, 0]
      await wait('nothing is left to be read', async () => {
        if (fake.calls.length !== calls || (await counted('ticket_hints_waiting')) > 0) [calls, sinceMs] = [fake.calls.length, performance.now()]
        return performance.now() - sinceMs > QUIET_MS
      })
    }
    await allIsRead()

    // A person looks at it there and changes nothing: it is read, and that is all, each time.
    const read = async (): Promise<number> => {
      const [calls, looks, reads] = [fake.calls.length, await counted('ticket_looks_total'), await counted('ticket_reads_total')]
      fake.technician.setStatus(ticket, 'open')
      await wait('it was read and looked at', async () => (await counted('ticket_reads_total')) > reads && (await counted('ticket_looks_total')) > looks)
      expect(await waiting()).toBe(0)
      return fake.calls.slice(calls).filter(({ path }) => path.includes(`/tickets/${ticket}`)).length
    }
    const about = (): ZendeskFake['calls'] => fake.calls.filter(({ path }) => path.includes(`/tickets/${ticket}`))
    const writes = about().filter(({ isWrite }) => isWrite).length
    const rounds = [await read(), await read(), await read()]
    expect(new Set(rounds).size).toBe(1)
    expect(rounds[0]).toBeGreaterThan(0)
    expect(about().filter(({ isWrite }) => isWrite)).toHaveLength(writes)

    // The tool goes on. Four alerts are news; a fifth, a sixth and a seventh are none: it is looked at, and nobody is called.
    for (let count = 2; count <= 4; count += 1) await says(globex, 'db-7', 'ReplicationStopped')
    await wait('four alerts are told', () => psa.ticket(ticket).notes.some(({ text }) => text.includes('It goes on: 4 alerts')))
    await allIsRead()
    for (let count = 5; count <= 7; count += 1) {
      const [calls, looks] = [about().length, await counted('ticket_looks_total')]
      await says(globex, 'db-7', 'ReplicationStopped')
      await wait('it was counted', async () => (await admin(program).incident(incident)).alertCount === count)
      await wait('it was looked at', async () => (await counted('ticket_looks_total')) > looks)
      expect(await waiting()).toBe(0)
      expect(about()).toHaveLength(calls)
    }
    expect(psa.refused).toEqual([])
    expect(fake.faults).toEqual([])
  })
})
