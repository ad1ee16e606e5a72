/** Notices of requests for approval: what chat and mail really get, who is told, and that nothing owed is lost. */
import { createServer as createTcpServer, type AddressInfo } from 'node:net'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, test } from 'vitest'
import { mail } from '../../connectors/notices/mail.ts'
import { NoticeError } from '../../connectors/notices/port.ts'
import { slack } from '../../connectors/notices/slack.ts'
import { teams } from '../../connectors/notices/teams.ts'
import { tellDue, type NotifierOptions } from '../../connectors/notices/worker.ts'
import { TestClock } from '../../schemas/clock.ts'
import { addressMistake, type Notice } from '../../schemas/notices.ts'
import type { Mode } from '../../schemas/settings.ts'
import { channelStore } from '../../storage/notices/channels.ts'
import { noticeStore } from '../../storage/notices/store.ts'
import type { Database } from '../../storage/postgres/database.ts'
import { openCopiedDatabase } from '../harness/database-template.ts'
import { openSecretBox } from '../../storage/secret-box.ts'
import { mailServer } from '../harness/mail-server.ts'
import { HAS_CHAT_SPECS, startChatFake, type ChatFake } from '../fakes/chat.ts'

const HOSTILE: Notice = {
  subject: 'May this run\r\nBcc: eve@example.com', summary: '<!channel> <https://evil.example|click> *bold* [x](https://evil.example) \u202egnp.exe',
  facts: [['machines', 'db-1 & <script>alert(1)</script>']], link: 'https://aw.example/api/approvals/link/t0k3n', linkText: 'See the plan and decide',
}
const never = new AbortController().signal

describe('chat and mail', () => {
  let chat: ChatFake
  beforeAll(async () => { chat = await startChatFake() })
  afterAll(() => chat.close())
  if (!HAS_CHAT_SPECS) test.skip('../shared/specs is not there; only our own fake judges the posts', () => undefined)

  it('gives Slack blocks in which no text can mention anybody or be a link', async () => {
    await slack(HOSTILE, chat.slackUrl, never)
    const post = JSON.stringify(chat.slackPosts.at(-1))
    expect(chat.faults).toEqual([])
    expect(chat.slackPosts.at(-1)).toMatchObject({ text: expect.stringContaining('&lt;!channel&gt; &lt;https://evil.example|click&gt;') })
    // Blocks of plain text are shown as they are; Slack reads no mark-up in them.
    expect(post).not.toContain('mrkdwn')
    expect(post).not.toMatch(/[\u202e\r]|\\r|\\n/)
    expect(chat.slackPosts.at(-1)).toMatchObject({ blocks: expect.arrayContaining([{ type: 'actions', elements: [expect.objectContaining({ url: HOSTILE.link })] }]) })
  })

  it('gives Teams a card in which no text is Markdown', async () => {
    await teams(HOSTILE, chat.teamsUrl, never)
    expect(chat.faults).toEqual([])
    const [{ content }] = chat.teamsPosts.at(-1)!.attachments as [{ content: { body: { text: string }[] } }]
    expect(content.body[1]!.text).toContain('\\[x\\]')
    expect(content.body[1]!.text).toContain('\\*bold\\*')
  })

  it('gives a mail server one mail to one address, whatever the subject holds', async () => {
    const server = await mailServer()
    await mail({ url: server.url, from: 'Alert Whisperer <aw@example.com>' })(HOSTILE, 'ada@example.com', never)
    expect(server.mails).toHaveLength(1)
    expect(server.mails[0]!.to).toEqual(['ada@example.com'])
    expect(server.mails[0]!.text).not.toMatch(/^bcc:/im)
    expect(server.mails[0]!.text).toContain('Auto-Submitted: auto-generated')
    expect(server.mails[0]!.text.split('text/html')[1]).not.toMatch(/<script|<!channel/)
    await server.close()
  })

  it.each([
    [{ status: 500 }, 'backoff', null], [{ status: 429, headers: { 'retry-after': '30' } }, 'backoff', 30_000], [{ status: 404, body: 'no_service' }, 'never', null], [{ status: 403, body: 'invalid_token' }, 'never', null],
    [{ status: 302, headers: { location: 'http://169.254.169.254/' } }, 'backoff', null],
  ] as const)('judges the answer %j', async (trouble, retry, retryAfterMs) => {
    for (const [sender, url] of [[slack, chat.slackUrl], [teams, chat.teamsUrl]] as const) {
      chat.troubles.push(trouble)
      const error = await sender(HOSTILE, url, never).then(() => null, (thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(NoticeError)
      expect(error).toMatchObject({ retry, retryAfterMs })
      expect(`${(error as Error).message} ${String((error as Error).cause)}`).not.toMatch(/secret|127\.0\.0\.1/)
    }
  })

  it('ends a call that is not answered, and one that nobody takes', async () => {
    chat.troubles.push({ status: 0, isSilent: true })
    await expect(slack(HOSTILE, chat.slackUrl, AbortSignal.timeout(50))).rejects.toMatchObject({ retry: 'backoff', message: 'the chat did not answer in time' })
    const closed = createTcpServer()
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve))
    const { port } = closed.address() as AddressInfo
    await new Promise((resolve) => closed.close(resolve))
    await expect(slack(HOSTILE, `http://127.0.0.1:${port}/services/T0/B0/x`, never)).rejects.toMatchObject({ retry: 'backoff' })
    await expect(mail({ url: `smtp://127.0.0.1:${port}`, from: 'aw@example.com' })(HOSTILE, 'ada@example.com', never)).rejects.toMatchObject({ retry: 'backoff' })
  })

  it('tells a wrong login from a mailbox that is not there, and repeats neither', async () => {
    const server = await mailServer({ refuse: 550 })
    const login = server.url.replace('smtp://', 'smtp://aw:wrong-password@')
    const wrong = await mail({ url: login, from: 'aw@example.com' })(HOSTILE, 'ada@example.com', never).then(() => null, (thrown: unknown) => thrown as Error)
    expect(wrong).toMatchObject({ retry: 'backoff', message: expect.stringContaining('AW_SMTP_URL') })
    const gone = await mail({ url: server.url, from: 'aw@example.com' })(HOSTILE, 'ada@example.com', never).then(() => null, (thrown: unknown) => thrown as Error)
    expect(gone).toMatchObject({ retry: 'never', message: expect.stringContaining('550') })
    expect(`${wrong?.message ?? ''} ${gone?.message ?? ''}`).not.toMatch(/wrong-password|ada@/)
    await server.close()
  })

  it.each([
    ['slack', 'https://hooks.slack.com/services/T/B/x', true], ['slack', 'http://hooks.slack.com/services/T/B/x', false], ['slack', 'https://hooks.slack.com.evil.example/x', false], ['slack', 'https://169.254.169.254/', false],
    ['slack', 'https://user:pw@hooks.slack.com/x', false], ['slack', 'https://hooks.slack.com:8443/x', false], ['teams', 'https://prod-1.westeurope.logic.azure.com/workflows/w', true],
    ['teams', 'https://abc.12.environment.api.powerplatform.com/powerautomate/x', true], ['teams', 'https://logic.azure.com.evil.example/', false], ['teams', 'nonsense', false],
  ] as const)('takes an address of %s: %s is %s', (kind, address, isGood) => {
    const mistake = addressMistake(kind, address)
    expect(mistake === null).toBe(isGood)
    if (mistake !== null) expect(mistake).not.toContain('evil')
  })
})

describe('the list of what people are owed', () => {
  const START_MS = Date.UTC(2026, 2, 1, 12)
  const box = openSecretBox(Buffer.alloc(32, 7))
  const dataDir = mkdtempSync(join(tmpdir(), 'notices-'))
  const admin = { kind: 'user', id: 'msp', name: 'Mia', ip: null, scope: { role: 'msp_admin', userId: 'msp', companyIds: 'all' } } as const
  let database: Database
  let clock: TestClock
  let sent: { kind: string; address: string; notice: Notice }[]
  let fails: NoticeError[]
  let serial = 0

  beforeAll(async () => {
    database = await openCopiedDatabase({ dataDir, clock: new TestClock(START_MS) })
    await database.query(`insert into companies (id, name, created_at, updated_at) values ('c1', 'Acme', now(), now()), ('c2', 'Bolt', now(), now())`)
    for (const [id, role, company] of [['msp', 'msp_admin', null], ['ca1', 'company_admin', 'c1'], ['te1', 'technician', 'c1'], ['vi1', 'viewer', 'c1'], ['ca2', 'company_admin', 'c2']]) {
      await database.query(`insert into users (id, email, name, role, password_hash, created_at, updated_at) values ($1, $1 || '@example.com', $1, $2, 'x', now(), now())`, [id, role])
      if (company !== null) await database.query('insert into user_companies values ($1, $2)', [id, company])
    }
  })
  afterAll(async () => {
    await database.close()
    rmSync(dataDir, { recursive: true })
  })
  beforeEach(() => {
    clock = new TestClock(START_MS)
    sent = []
    fails = []
  })
  afterEach(async () => { await database.query('delete from runs; delete from notice_channels') })

  const request = async (role: string, { company = 'c1', by = 'te1', fourEyes = false } = {}): Promise<string> => {
    const id = `a${(serial += 1)}`
    await database.query(
      `insert into runs (id, company_id, runbook_id, runbook_version, runbook, risk, mode, trigger, status, requested_by, plan, plan_digest, due_at, created_at, updated_at)
       values ('r-' || $1::text, $2, 'service-restart', 1, '{"summary": "Restart a service"}', 'high', 'production', 'person', 'awaiting_approval', jsonb_build_object('kind', 'user', 'id', $3::text, 'name', 'x'),
         '{"targets": [{"asset": "web-1"}]}', 'd', now(), now(), now())`, [id, company, by])
    await database.query(
      `insert into run_approvals (id, run_id, company_id, question, role, four_eyes, status, reason, plan_digest, requested_at, expires_at)
       values ($1, 'r-' || $1, $2, 'run', $3, $4, 'pending', 'high risk asks an MSP Admin', 'd', to_timestamp($5::float8 / 1000), to_timestamp($5::float8 / 1000) + interval '1 hour')`, [id, company, role, fourEyes, START_MS])
    return id
  }
  const options = (mode: Mode = 'production', hasMail = true): NotifierOptions => {
    const sender = (kind: string) => (notice: Notice, address: string): Promise<void> => {
      const fail = fails.shift()
      if (fail !== undefined) return Promise.reject(fail)
      sent.push({ kind, address, notice })
      return Promise.resolve()
    }
    return {
      clock, logger: { warn() {} }, metrics: { told() {} }, senders: { slack: sender('slack'), teams: sender('teams'), mail: hasMail ? sender('mail') : null },
      store: noticeStore(database, { clock, box, hasMail, mode, publicUrl: 'https://aw.example', link: (approval, user) => Promise.resolve(`${approval}.${user}`), damaged: (error) => { throw error } }),
    }
  }
  const round = (mode?: Mode, hasMail?: boolean) => tellDue(options(mode, hasMail), never)
  const told = () => sent.map(({ address }) => address).sort()
  const channels = () => channelStore(database, { clock, box })
  const rows = () => database.query<{ status: string; attempts: number; last_error: string | null }>('select status, attempts, last_error from notices order by id')

  it.each([
    ['technician', {}, ['ca1', 'msp', 'te1']], ['company_admin', {}, ['ca1', 'msp']], ['msp_admin', {}, ['msp']], ['company_admin', { by: 'ca1', fourEyes: true }, ['msp']], ['company_admin', { company: 'c2' }, ['ca2', 'msp']],
  ])('tells whoever has the word of a %s in %j, each once with a link of their own', async (role, how, people) => {
    const id = await request(role, how)
    await round()
    expect(told()).toEqual(people.map((name) => `${name}@example.com`))
    for (const { address, notice } of sent) {
      expect(notice.link).toBe(`https://aw.example/api/approvals/link/${id}.${address.split('@')[0]}`)
      expect(notice.facts).toEqual(expect.arrayContaining([['machines', 'web-1'], ['risk', 'high']]))
    }
    await round()
    expect(sent).toHaveLength(people.length)
  })

  it('tells rooms of the company and of the MSP, without a link that decides', async () => {
    await channels().create(admin, 'c1', { kind: 'slack', name: 'ops', address: 'https://hooks.slack.com/services/a', enabled: true })
    await channels().create(admin, null, { kind: 'teams', name: 'noc', address: 'https://x.logic.azure.com/workflows/w', enabled: true })
    await channels().create(admin, 'c2', { kind: 'slack', name: 'ops', address: 'https://hooks.slack.com/services/b', enabled: true })
    await channels().create(admin, 'c1', { kind: 'slack', name: 'off', address: 'https://hooks.slack.com/services/c', enabled: false })
    const id = await request('msp_admin')
    await round('production', false)
    expect(told()).toEqual(['https://hooks.slack.com/services/a', 'https://x.logic.azure.com/workflows/w'])
    for (const { notice } of sent) expect(notice.link).toBe(`https://aw.example/#/runs/r-${id}`)
    expect((await database.query<{ row: string }>('select h::text as row from notice_channels h')).map(({ row }) => row).join()).not.toContain('hooks.slack')
    expect((await channels().list(admin.scope, 'c1')).find(({ name }) => name === 'ops')).toMatchObject({ lastError: null, lastSentAt: new Date(START_MS).toISOString() })
  })

  it('tries again with growing pauses as long as the question stands, and heeds what the other side asks for', async () => {
    await request('msp_admin')
    fails = [new NoticeError('backoff', 'busy'), new NoticeError('backoff', 'busy', { retryAfterMs: 60_000 })]
    await round()
    expect(await round()).toBe(0)
    clock.tick(5_000)
    await round()
    clock.tick(59_000)
    expect(await round()).toBe(0)
    clock.tick(1_000)
    await round()
    expect(told()).toEqual(['msp@example.com'])
    expect(await rows()).toMatchObject([{ status: 'sent', attempts: 3 }])
  })

  it('gives up what is refused, and says so on the channel', async () => {
    await channels().create(admin, 'c1', { kind: 'slack', name: 'ops', address: 'https://hooks.slack.com/services/a', enabled: true })
    await request('msp_admin')
    fails = [new NoticeError('never', 'the chat answered 404')]
    await round('production', false)
    clock.tick(3_600_000)
    expect(await round('production', false)).toBe(0)
    expect(await rows()).toMatchObject([{ status: 'dead', last_error: 'the chat answered 404' }])
    expect((await channels().list(admin.scope, 'c1'))[0]).toMatchObject({ lastError: 'the chat answered 404' })
  })

  it('tells nobody of what was decided or has run out meanwhile', async () => {
    const id = await request('msp_admin')
    fails = [new NoticeError('backoff', 'busy')]
    await round()
    await database.query(`update run_approvals set status = 'approved' where id = $1`, [id])
    clock.tick(10_000)
    await round()
    await request('msp_admin')
    clock.tick(3_600_000)
    await round()
    expect(sent).toEqual([])
    expect((await rows()).map(({ status }) => status)).toEqual(['void', 'void'])
  })

  it('sends nothing below mode sandbox, and shows what it would have', async () => {
    await request('msp_admin')
    await round('dry-run')
    expect(sent).toEqual([])
    expect(await rows()).toMatchObject([{ status: 'shown' }])
  })

  it('is not lost by a process that dies after taking it, and is told by one of two', async () => {
    await request('msp_admin')
    const dying = options()
    await dying.store.writeDown()
    expect(await dying.store.claim(10)).toHaveLength(1)
    expect(await round()).toBe(0)
    clock.tick(60_000)
    await Promise.all([round(), round()])
    expect(told()).toEqual(['msp@example.com'])
  })

  it('keeps companies apart and addresses to itself', async () => {
    const made = await channels().create(admin, 'c1', { kind: 'slack', name: 'ops', address: 'https://hooks.slack.com/services/a', enabled: true })
    const other = { kind: 'user', id: 'ca2', name: 'Ben', ip: null, scope: { role: 'company_admin', userId: 'ca2', companyIds: ['c2'] } } as const
    await expect(channels().update(other, made.id, { enabled: false })).rejects.toMatchObject({ code: 'not_found' })
    await expect(channels().remove(other, made.id)).rejects.toMatchObject({ code: 'not_found' })
    await expect(channels().create(other, 'c1', { kind: 'slack', name: 'x', address: 'https://hooks.slack.com/services/a', enabled: true })).rejects.toMatchObject({ code: 'not_found' })
    await expect(channels().create(other, null, { kind: 'slack', name: 'x', address: 'https://hooks.slack.com/services/a', enabled: true })).rejects.toMatchObject({ code: 'forbidden' })
    expect(await channels().list(other.scope, 'c1')).toEqual([])
    expect(await channels().list(other.scope, null)).toEqual([])
    await expect(channels().create(admin, 'c1', { kind: 'slack', name: 'ops', address: 'https://hooks.slack.com/services/b', enabled: true })).rejects.toMatchObject({ code: 'conflict' })
    expect(JSON.stringify(await database.query(`select * from audit_log where subject = $1`, [made.id]))).not.toContain('hooks.slack')
  })
})
