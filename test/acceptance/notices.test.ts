/**
 * The story: at Acme even a clean-up of temporary files wants a Company Admin's word. In the night Datadog tells of a full disk; the program asks by mail whoever may
 * answer, each by a link of their own. A scanner opens the link and nothing happens; the admin opens it, reads the plan and says yes; the disk is cleaned. The other mail's
 * link is worth nothing then.
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { AuditEntry, Page } from '../../schemas/views.ts'
import { startAwsFake, type AwsFake, type Ran } from '../fakes/aws-ssm.ts'
import { AWS_ENV, awsCompany, onlyRun } from '../harness/aws-company.ts'
import { logIn } from '../harness/client.ts'
import { mailServer } from '../harness/mail-server.ts'
import { Program, until } from '../harness/process.ts'

let mails: Awaited<ReturnType<typeof mailServer>>
let fake: AwsFake
let program: Program

beforeAll(async () => {
  mails = await mailServer()
  fake = await startAwsFake()
  program = await Program.up({ ...AWS_ENV, AW_SMTP_URL: mails.url, AW_MAIL_FROM: 'Alert Whisperer <aw@example.com>', AW_PUBLIC_URL: 'https://aw.example' })
  await program.start()
})
afterAll(async () => {
  await program.remove()
  await fake.close()
  await mails.close()
})

function told(usedPercent: number, changed: readonly string[]): Ran {
  return { exitCode: 0, stdout: `${JSON.stringify({ aw: 1, outcome: 'ok', code: null, message: 'done', changed, changedCount: changed.length, facts: { usedPercent } })}\n`, stderr: '' }
}

it('asks by mail, acts on one yes, and takes no other', { timeout: 600_000 }, async () => {
  const acme = await awsCompany(program, fake, 'Acme', { asset: 'web-1', instanceId: 'i-0123456789abcdef0', accountId: '111111111111', volume: '/var' })
  const path = `/api/companies/${acme.company.id}/remediation`
  const { settings } = await program.api<{ settings: { runbooks: Record<string, object> } }>('GET', path)
  await program.api('PUT', path, { settings: { ...settings, runbooks: { ...settings.runbooks, 'disk-clean-temp': { risk: 'medium' } } } })
  for (const role of ['company_admin', 'msp_admin', 'technician'] as const) await logIn(program, role, role === 'msp_admin' ? [] : [acme.company.id])
  let isClean = false
  fake.usual = {
    execute: async (script) => {
      if (!script.includes('find "$place"')) return told(isClean ? 71 : 97, [])
      isClean = true
      await acme.datadog('Recovered')
      return told(97, ['removed /var/tmp/a'])
    },
  }
  await acme.datadog('Triggered')

  const asked = await onlyRun(program, acme.company, 'it asks', ({ status }) => status === 'awaiting_approval')
  await until('two mails are there', async () => mails.mails.length >= 2)
  expect(mails.mails.map(({ to }) => to[0]?.split('-')[0]).sort()).toEqual(['company_admin', 'msp_admin'])
  const links = mails.mails.map(({ text }) => new URL(/https:\/\/aw\.example\/api\/approvals\/link\/[\w.-]+/.exec(text.replaceAll('=\r\n', ''))![0]))
  expect(new Set(links.map(({ pathname }) => pathname)).size).toBe(2)
  const open = (link: URL, init?: RequestInit) => fetch(`${program.url}${link.pathname}`, init)
  const decide = (link: URL, decision: string) => open(link, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams({ decision, comment: 'go on' }) })

  for (let scan = 0; scan < 3; scan++) expect((await open(links[0]!)).status).toBe(200)
  const page = await (await open(links[0]!)).text()
  expect(page).toContain('disk-clean-temp')
  expect(page).toContain('web-1')
  expect((await onlyRun(program, acme.company, 'it still asks', () => true)).status).toBe('awaiting_approval')
  expect(fake.commands).toEqual([])

  expect((await decide(links[0]!, 'approve')).status).toBe(200)
  const run = await onlyRun(program, acme.company, 'the run is over', ({ endedAt }) => endedAt !== null)
  expect(run).toMatchObject({ id: asked.id, risk: 'medium', status: 'succeeded', outcome: 'self_healed' })
  expect((await decide(links[0]!, 'refuse')).status).toBe(404)
  expect((await decide(links[1]!, 'refuse')).status).toBe(409)
  expect(fake.commands).toHaveLength(3)

  const { items } = await program.api<Page<AuditEntry>>('GET', `/api/audit?company=${acme.company.id}&limit=200`)
  const yes = items.filter(({ action }) => action === 'run.approve')
  expect(yes).toHaveLength(1)
  expect(yes[0]).toMatchObject({ actor: { kind: 'user' }, ip: expect.any(String), after: { via: 'link', comment: 'go on' } })
  expect(JSON.stringify(items)).not.toContain(links[0]!.pathname.split('/').at(-1))
  expect((await program.api<{ ok: boolean; lines: number }>('GET', '/api/audit/verify')).ok).toBe(true)
})
