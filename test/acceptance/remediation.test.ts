/**
 * The story: Datadog tells that a disk at Acme runs full. Nobody is awake. The program finds the runbook, the machine and its account, plans, is allowed, sends the
 * scripts through Systems Manager, measures again, hears from Datadog that it is over, and closes the incident with what it did. Then the same at Bravo,
 * where the machine that runs the program is killed again and again in the middle of it: nothing is sent twice, and the story ends the same.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AuditEntry, IncidentDetail, Page } from '../../schemas/views.ts'
import { startAwsFake, type AwsFake, type Ran } from '../fakes/aws-ssm.ts'
import { AWS_ENV, awsCompany, onlyRun, type AwsCompany } from '../harness/aws-company.ts'
import { admin, onboard } from '../harness/client.ts'
import { LiveStream } from '../harness/live-stream.ts'
import { Program, until } from '../harness/process.ts'
import { alertBody, post } from '../harness/sender.ts'

let program: Program
let fake: AwsFake

beforeAll(async () => {
  fake = await startAwsFake()
  program = await Program.up(AWS_ENV)
  await program.start()
})
afterAll(async () => {
  await program.remove()
  await fake.close()
})

/** A machine that says what the scripts of the library would: full before it was cleaned, not after. Each token does its work once. */
function machine(cleaned: () => Promise<void>): { readonly execute: (script: string) => Promise<Ran>; readonly ran: string[] } {
  const ran: string[] = []
  const seen = new Set<string>()
  let isClean = false
  const told = (outcome: string, exitCode: number, message: string, facts: object, changed: readonly string[]): Ran => (
    { exitCode, stdout: `${JSON.stringify({ aw: 1, outcome, code: null, message, changed, changedCount: changed.length, facts })}\n`, stderr: '' })
  return {
    ran,
    async execute(script) {
      const token = /aw_begin '([^']+)'/.exec(script)?.[1] ?? ''
      if (seen.has(token)) return told('repeated', 4, 'started before', {}, [])
      seen.add(token)
      if (!script.includes('find "$place"')) {
        ran.push('measure')
        return told('ok', 0, isClean ? '/var is 71% full.' : '/var is 97% full.', { usedPercent: isClean ? 71 : 97 }, [])
      }
      ran.push('clean')
      isClean = true
      await cleaned()
      return told('ok', 0, '2 files removed on /var.', { removedFiles: 2 }, ['removed /var/tmp/a', 'removed /var/tmp/b'])
    },
  }
}

async function closed(one: AwsCompany): Promise<IncidentDetail> {
  const api = admin(program)
  return until('the incident is closed', async () => {
    const [first] = await api.incidents(`&company=${one.company.id}`)
    const incident = first === undefined ? null : await api.incident(first.id)
    if (incident?.status === 'closed') return incident
    throw new Error(`the incident is ${incident?.status ?? 'not there'}: ${incident?.timeline.map(({ kind, text }) => `${kind} ${text}`).join('; ') ?? ''}`)
  }, 400_000)
}

describe('a full disk that Datadog tells of', () => {
  it('is cleaned, verified and closed without a person', { timeout: 600_000 }, async (test) => {
    const acme = await awsCompany(program, fake, 'Acme', { asset: 'web-1', instanceId: 'i-0123456789abcdef0', accountId: '111111111111', volume: '/var' })
    const box = machine(() => acme.datadog('Recovered'))
    fake.usual = { execute: box.execute, pendingPolls: 1 }
    const live = await LiveStream.open(program.url, program.adminToken)
    test.onTestFinished(() => live.close())
    await acme.datadog('Triggered')
    const run = await onlyRun(program, acme.company, 'the run is over', ({ endedAt }) => endedAt !== null)
    expect(run).toMatchObject({
      runbookId: 'disk-clean-temp', status: 'succeeded', outcome: 'self_healed', mode: 'production', trigger: 'automatic', risk: 'low', isSimulated: false, requestedBy: { kind: 'remediator' },
      plan: { targets: [{ asset: 'web-1', instanceId: 'i-0123456789abcdef0', foundBy: 'asset_list' }], inputs: { volume: '/var' } },
      commands: [{ stepId: 'measure', outcome: 'ok' }, { stepId: 'clean', outcome: 'ok', result: { changed: ['removed /var/tmp/a', 'removed /var/tmp/b'] } }, { phase: 'verify', outcome: 'ok', result: { facts: { usedPercent: 71 } } }],
    })
    expect(box.ran).toEqual(['measure', 'clean', 'measure'])

    const incident = await closed(acme)
    expect(incident).toMatchObject({ assignee: null, openProblemCount: 0, runs: [{ id: run.id, status: 'succeeded' }], suggestedRunbooks: [expect.objectContaining({ id: 'disk-clean-temp', fits: true, refusal: null })] })
    expect(incident.resolution).toContain('Repaired by runbook disk-clean-temp')
    expect(incident.resolution).toContain('2 files removed on /var.')
    const note = incident.timeline.find(({ kind, actor }) => kind === 'note' && actor?.kind === 'remediator')
    expect(note?.text).toContain(`Run ${run.id}.`)
    const { items } = await program.api<Page<AuditEntry>>('GET', `/api/audit?company=${acme.company.id}&limit=200`)
    const actions = items.map(({ action }) => action)
    for (const action of ['run.planned', 'run.admitted', 'cloud_account.used', 'run.command_sent', 'run.command_ended', 'run.succeeded']) expect(actions).toContain(action)
    await live.close()
    expect(live.heard.filter(({ type }) => type === 'run_updated').map(({ data }) => (JSON.parse(data) as { status: string }).status)).toEqual(expect.arrayContaining(['queued', 'running', 'verifying', 'succeeded']))
    expect(fake.faults).toEqual([])
  })

  it('ends the same where the process is killed in the middle of each part of it', { timeout: 900_000 }, async () => {
    const bravo = await awsCompany(program, fake, 'Bravo', { asset: 'db-1', instanceId: 'i-0fedcba9876543210', accountId: '222222222222', volume: '/var' })
    // Datadog posts again where nobody answers: the program may be dead at that moment.
    const box = machine(async () => {
      await until('Datadog is heard', async () => {
        await bravo.datadog('Recovered')
        return true
      }, 300_000)
    })
    const before = fake.commands.length
    fake.usual = { execute: box.execute, pendingPolls: 1, goingPolls: 1 }
    // The first sending is taken, but the process dies before it hears so.
    fake.mishap('SendCommand', 'hang')
    const taken = fake.called('SendCommand')
    await bravo.datadog('Triggered')
    await taken
    await until('it was taken', async () => fake.commands.length === before + 1)
    await program.kill()
    await program.start()
    // Then while the clean-up is at work, and while it is verified.
    for (const seq of [1, 2]) {
      await onlyRun(program, bravo.company, `command ${seq} is under way`, ({ commands, endedAt }) => endedAt !== null || (commands[seq] !== undefined && commands[seq].status !== 'pending'))
      await program.kill()
      await program.start()
    }
    const run = await onlyRun(program, bravo.company, 'the run is over', ({ endedAt }) => endedAt !== null)
    expect(run).toMatchObject({ status: 'succeeded', outcome: 'self_healed' })
    expect(box.ran).toEqual(['measure', 'clean', 'measure'])
    const tokens = fake.commands.slice(before).map(({ comment }) => comment)
    expect(new Set(tokens).size).toBe(tokens.length)
    expect(tokens).toHaveLength(3)
    expect((await closed(bravo)).resolution).toContain('Repaired by runbook disk-clean-temp')
  })
})

it('shows what it would do where the company was not switched to production, and calls nothing', { timeout: 600_000 }, async () => {
  const company = await onboard(program, 'Careful Ltd')
  const calls = fake.calls.length
  await post(program.url, company, 'alerts', alertBody({ asset_name: 'web-9', signature: 'disk usage', message: 'Disk usage is high', tool_source: 'Nagios', severity: 'high' }))
  const api = admin(program)
  const incident = await until('runbooks are suggested', async () => {
    const [first] = await api.incidents(`&company=${company.id}`)
    return first !== undefined && first.suggestedRunbooks.length > 0 ? api.incident(first.id) : null
  })
  expect(incident.suggestedRunbooks).toContainEqual(expect.objectContaining({ id: 'disk-clean-temp', fits: true, refusal: { code: 'no_cloud_account', why: expect.any(String) } }))
  expect(incident.runs).toEqual([])
  expect(fake.calls.length).toBe(calls)
})
