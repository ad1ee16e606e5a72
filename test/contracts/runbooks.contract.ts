/** What the shelf of runbooks must do, on either engine: files that ship, the MSP's and companies' own, and one-off scripts, each to be seen by whom they are for, in versions, and written down. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { checkRunbook } from '../../remediator/library/check.ts'
import { openRunbookShelf, type RunbookShelf } from '../../app/parts/runbook-shelf.ts'
import type { Caller } from '../../schemas/access.ts'
import { systemClock, TestClock } from '../../schemas/clock.ts'
import type { Runbook } from '../../schemas/runbooks.ts'
import type { Role } from '../../schemas/settings.ts'
import { openDatabase, type Database } from '../../storage/postgres/database.ts'
import { listAudit } from '../../storage/queries/audit.ts'
import type { EmptyDatabase } from './database.contract.ts'

function person(role: Role, id: string = role, companyIds: readonly string[] = ['c1']): Caller {
  return { kind: 'user', id, name: id, ip: '10.0.0.1', scope: { role, userId: id, companyIds: role === 'msp_admin' ? 'all' : companyIds } }
}

const msp = person('msp_admin')
const admin = person('company_admin')
const other = person('company_admin', 'other', ['c2'])
const technician = person('technician')
const SCRIPT = { companyId: 'c1', summary: 'Looks at the queue.', system: 'linux', script: 'uptime', timeoutMs: 60_000 } as const

/** A runbook that passes the check; `script` is what it does when it changes something. */
function made(id: string, { version = 1, risk = 'medium', script = 'aw_changed x', companyId = 'c1' }: { version?: number; risk?: string; script?: string; companyId?: string | null } = {}): { runbook: Runbook; files: Readonly<Record<string, string>> } {
  const files = {
    'runbook.yaml': `
id: ${id}
version: ${version}
summary: Mends it.
description: Mends it, and nothing else.
category: other
risk: ${risk}
match: {}
guard: { maxRunsPerHour: 2, cooldown: 30m, maxTargets: 1 }
steps: [{ id: mend, summary: Mends it., shell: { linux: mend.sh }, timeout: 20s, changes: true }]
rollback: []
verify: { shell: { linux: look.sh }, expect: broken = 0, within: 5m, timeout: 20s, problem: may-clear }
`,
    'mend.sh': `${script}\naw_changed mended\naw_ok mended\n`,
    'look.sh': 'aw_fact broken 0\naw_ok looked\n',
    'cases/by-hand.yaml': '- { case: somebody runs it, given: {}, expect: { inputs: {} } }\n',
  }
  const { runbook, findings } = checkRunbook(files, { origin: companyId === null ? 'msp' : 'company', companyId }, id)
  if (runbook === null || findings.some(({ level }) => level === 'mistake')) throw new Error(JSON.stringify(findings))
  return { runbook, files }
}

/** Runs the suite over an engine. */
export function runbooksContract(engineName: string, make: () => Promise<EmptyDatabase>): void {
  describe(`runbooks on ${engineName}`, () => {
    let empty: EmptyDatabase
    let database: Database
    let shelf: RunbookShelf
    const clock = new TestClock()
    const save = (caller: Caller, companyId: string | null, id: string, options: Parameters<typeof made>[1] = {}) => {
      const { runbook, files } = made(id, { ...options, companyId })
      return shelf.save(caller, companyId, runbook, files)
    }
    const ids = async (companyId: string) => (await shelf.list(companyId)).filter(({ origin }) => origin !== 'library').map(({ id }) => id)
    const audit = async (subject: string) => (await listAudit(database, msp.scope, { limit: 50, cursor: null, companyId: null, actorId: null, action: null })).items.filter((line) => line.subject === subject)

    beforeAll(async () => {
      empty = await make()
      database = await openDatabase({ ...empty.options, clock: systemClock })
      shelf = await openRunbookShelf(database, { clock })
    })
    afterAll(async () => {
      await database.close()
      await empty.drop()
    })
    beforeEach(async () => {
      await database.query('delete from runbook_versions')
      await database.query('delete from runbooks')
      await database.query(`insert into companies (id, name, settings, created_at, updated_at) values ('c1', 'One', '{}', now(), now()), ('c2', 'Two', '{}', now(), now()) on conflict do nothing`)
    })

    it('shows a company those that ship, the MSP\'s and its own, and nobody else\'s', async () => {
      await save(admin, 'c1', 'own-one')
      await save(other, 'c2', 'own-two')
      await save(msp, null, 'msp-one')
      expect(await ids('c1')).toEqual(['msp-one', 'own-one'])
      expect(await ids('c2')).toEqual(['msp-one', 'own-two'])
      expect((await shelf.list('c1')).map(({ id }) => id)).toContain('disk-clean-temp')
      expect(await shelf.get('c2', 'own-one')).toBeNull()
      expect(await shelf.get('c1', 'own-one')).toMatchObject({ origin: 'company', companyId: 'c1', version: 1 })
      expect(await shelf.get('c1', 'msp-one')).toMatchObject({ origin: 'msp', companyId: null })
      expect(await shelf.get('c1', 'disk-clean-temp')).toMatchObject({ origin: 'library' })
    })

    it('lets a company admin change their own company\'s alone, and the MSP Admin all', async () => {
      await expect(save(admin, 'c2', 'own-two')).rejects.toMatchObject({ code: 'not_found' })
      await expect(save(admin, null, 'msp-one')).rejects.toMatchObject({ code: 'forbidden' })
      await expect(save(technician, 'c1', 'own-one')).rejects.toMatchObject({ code: expect.stringMatching(/forbidden|not_found/) as string })
      await save(msp, 'c1', 'own-one')
      await expect(shelf.remove(other, 'c1', 'own-one')).rejects.toMatchObject({ code: 'not_found' })
      await expect(shelf.remove(other, 'c2', 'own-one')).rejects.toMatchObject({ code: 'not_found' })
      await shelf.remove(admin, 'c1', 'own-one')
      expect(await ids('c1')).toEqual([])
    })

    it('never lets anybody take the id of another: not of one that ships, of the MSP, of a company, or of one that was removed', async () => {
      await expect(save(msp, null, 'disk-clean-temp')).rejects.toMatchObject({ code: 'conflict' })
      await expect(save(admin, 'c1', 'disk-clean-temp')).rejects.toMatchObject({ code: 'conflict' })
      await save(msp, null, 'msp-one')
      await expect(save(admin, 'c1', 'msp-one')).rejects.toMatchObject({ code: 'conflict' })
      await save(admin, 'c1', 'own-one')
      await expect(save(other, 'c2', 'own-one')).rejects.toMatchObject({ code: 'conflict' })
      await expect(save(msp, null, 'own-one')).rejects.toMatchObject({ code: 'conflict' })
      await shelf.remove(admin, 'c1', 'own-one')
      await expect(save(other, 'c2', 'own-one')).rejects.toMatchObject({ code: 'conflict' })
    })

    it('keeps every version, takes another content only under a higher one, and writes each change down', async () => {
      await save(admin, 'c1', 'own-one')
      await save(admin, 'c1', 'own-one')
      await expect(save(admin, 'c1', 'own-one', { script: 'aw_changed y' })).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining('raise "version" to 2') as string })
      await save(admin, 'c1', 'own-one', { version: 2, script: 'aw_changed y' })
      await shelf.remove(admin, 'c1', 'own-one')
      await expect(save(admin, 'c1', 'own-one', { version: 2, script: 'aw_changed z' })).rejects.toMatchObject({ code: 'conflict' })
      await save(admin, 'c1', 'own-one', { version: 3 })
      expect(await database.query('select version from runbook_versions where id = $1 order by version', ['own-one'])).toEqual([{ version: 1 }, { version: 2 }, { version: 3 }])
      const lines = (await audit('own-one')).slice(0, 4)
      expect(lines.map(({ action }) => action)).toEqual(['runbook.updated', 'runbook.removed', 'runbook.updated', 'runbook.created'])
      expect(lines[2]).toMatchObject({ companyId: 'c1', actor: { id: 'company_admin' }, ip: '10.0.0.1', before: { version: 1 }, after: { version: 2, files: { 'mend.sh': expect.stringContaining('aw_changed y') as string } } })
    })

    it('takes a risk below what the content deserves from an MSP Admin alone, each time anew', async () => {
      await expect(save(admin, 'c1', 'own-one', { risk: 'low' })).rejects.toMatchObject({ code: 'forbidden', message: expect.stringMatching(/deserves medium .*step mend changes something/) as string })
      await expect(save(admin, 'c1', 'own-one', { script: 'systemctl restart nginx' })).rejects.toMatchObject({ code: 'forbidden', message: expect.stringMatching(/deserves high .*systemctl restart/) as string })
      await save(msp, 'c1', 'own-one', { risk: 'low' })
      await expect(save(admin, 'c1', 'own-one', { risk: 'low', version: 2, script: 'aw_changed y' })).rejects.toMatchObject({ code: 'forbidden' })
      await save(admin, 'c1', 'own-one', { risk: 'high', version: 2 })
      expect(await shelf.get('c1', 'own-one')).toMatchObject({ risk: 'high' })
    })

    it('makes a one-off script a draft: high risk, four eyes, in no list, of this company alone, and written down whole', async () => {
      const draft = await shelf.draft(technician, SCRIPT)
      expect(draft).toMatchObject({ origin: 'draft', risk: 'high', companyId: 'c1', match: { all: [], any: [] }, approval: { role: 'msp_admin', fourEyes: true }, digest: expect.stringMatching(/^[0-9a-f]{64}$/) as string })
      expect(await ids('c1')).toEqual([])
      expect(await shelf.get('c1', draft.id)).toEqual(draft)
      expect(await shelf.get('c2', draft.id)).toBeNull()
      expect(await audit(draft.id)).toMatchObject([{ action: 'runbook.drafted', companyId: 'c1', actor: { id: 'technician' }, after: { files: { 'script.sh': 'uptime' } } }])
      await expect(shelf.draft(person('viewer'), SCRIPT)).rejects.toMatchObject({ code: 'forbidden' })
      await expect(shelf.draft(technician, { ...SCRIPT, companyId: 'c2' })).rejects.toMatchObject({ code: 'not_found' })
      await expect(save(admin, 'c1', draft.id)).rejects.toMatchObject({ code: 'conflict' })
      await expect(shelf.remove(admin, 'c1', draft.id)).rejects.toMatchObject({ code: 'not_found' })
    })
  })
}
