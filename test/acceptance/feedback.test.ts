/**
 * The story: the engine made three incidents. A technician merges two of them and takes a problem out of the third; a merge that is refused says nothing.
 * What they did is kept as labels, with the scores of then, and shows as agreement of the week. Ten splits of one kind teach a search what belongs apart.
 */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AgreementView, Label } from '../../schemas/labels.ts'
import type { TuneView } from '../../schemas/tuning.ts'
import type { IncidentDetail, Page } from '../../schemas/views.ts'
import { admin, logIn, onboard, settledBalance, type Client } from '../harness/client.ts'
import { Program, until } from '../harness/process.ts'
import { alertBody, post, type Company } from '../harness/sender.ts'

let program: Program
let boss: Client
let company: Company
let technician: Client

beforeAll(async () => {
  program = await Program.up()
  await program.start()
  boss = admin(program)
  company = await onboard(program, 'Acme')
  technician = await logIn(program, 'technician', [company.id])
})
afterAll(() => program.remove())

async function opened(asset: string, ...signatures: string[]): Promise<IncidentDetail> {
  for (const signature of signatures) expect((await post(program.url, company, 'alerts', alertBody({ asset_name: asset, signature, message: `${signature} of ${asset}` }))).status).toBe(202)
  return until(`an incident of ${asset} with ${signatures.length} problems`, async () => {
    const [found] = await boss.incidents(`&company=${company.id}&q=${asset}`)
    return found?.problemCount === signatures.length ? boss.incident(found.id) : null
  })
}

const labels = async (): Promise<readonly Label[]> => (await boss.get<Page<Label>>(`/api/labels?company=${company.id}`)).items
const agreement = (): Promise<AgreementView> => boss.get<AgreementView>(`/api/stats/agreement?company=${company.id}`)

describe('corrections by people', () => {
  it('are kept as labels with the scores of then, and counted as agreement', async () => {
    const printer = await opened('printer-7', 'TonerLow')
    const mail = await opened('mail-3', 'QueueLong')
    const web = await opened('web-1', 'HighCPU', 'HighMemory')
    expect(await agreement()).toMatchObject({ incidents: 3, corrected: 0, agreement: 1, weeks: [{ incidents: 3, corrected: 0 }] })

    expect((await technician.call('POST', `/api/incidents/${mail.id}/merge`, { into: printer.id })).status).toBe(200)
    const [memory, cpu] = ['HighMemory', 'HighCPU'].map((signature) => web.problems.find((problem) => problem.signature === signature)!)
    expect((await technician.call('POST', `/api/incidents/${web.id}/split`, { problemKeys: [memory!.problemKey] })).status).toBe(200)

    const [split, merge] = await labels()
    expect(merge).toMatchObject({
      action: 'merge', together: true, incidentId: mail.id, otherIncidentId: printer.id, actor: { kind: 'user', name: expect.stringContaining('technician') },
      pairs: [{ left: mail.problems[0]!.problemKey, right: printer.problems[0]!.problemKey, rule: 'founded' }],
    })
    expect(split).toMatchObject({ action: 'split', together: false, incidentId: web.id, pairs: [{ left: memory!.problemKey, right: cpu!.problemKey }] })
    expect(split!.pairs[0]!.score).toBeGreaterThanOrEqual(0.5)
    expect(split!.otherIncidentId).toMatch(/^inc_/)
    expect(split!.otherIncidentId).not.toBe(web.id)
    // The part that left was made by a person, not by the engine: three incidents stay three.
    expect(await agreement()).toMatchObject({ incidents: 3, corrected: 3, agreement: 0, weeks: [{ merges: 2, splits: 1 }] })
  })

  it('say nothing when they are refused', async () => {
    const before = await labels()
    const backup = await opened('nas-2', 'BackupFailed')
    const disk = await opened('vault-9', 'DiskFull')
    expect((await technician.call('POST', `/api/incidents/${backup.id}/close`, {})).status).toBe(200)
    expect((await technician.call('POST', `/api/incidents/${disk.id}/merge`, { into: backup.id })).status).toBe(409)
    expect(await labels()).toEqual(before)
    expect(await agreement()).toMatchObject({ incidents: 5, corrected: 3, agreement: 0.4 })
  })

  it('are the company\'s own', async () => {
    const other = await onboard(program, 'Globex')
    const stranger = await logIn(program, 'company_admin', [other.id])
    expect((await stranger.get<Page<Label>>('/api/labels')).items).toEqual([])
    expect(await stranger.get<AgreementView>('/api/stats/agreement')).toEqual({ incidents: 0, corrected: 0, agreement: null, weeks: [] })
    expect((await stranger.call('GET', `/api/labels?company=${company.id}`)).status).toBe(404)
    expect((await technician.call('GET', '/api/labels')).status).toBe(403)
  })

  it('teach a search, whose settings hold only once a person puts them in force', async () => {
    const tuned = await onboard(program, 'Initech')
    for (let host = 0; host < 10; host++) {
      for (const check of ['Disk', 'Mail']) expect((await post(program.url, tuned, 'alerts', alertBody({ asset_name: `node${host}`, signature: `${check}${host}`, message: `${check}${host}`, tool_source: `Tool${host}` }))).status).toBe(202)
      const incident = await until(`node${host} has one incident of two problems`, async () => {
        const [found] = await boss.incidents(`&company=${tuned.id}&q=node${host}`)
        const detail = found === undefined ? null : await boss.incident(found.id)
        return detail?.problems.length === 2 ? detail : null
      })
      expect((await boss.call('POST', `/api/incidents/${incident.id}/split`, { problemKeys: [incident.problems[0]!.problemKey] })).status).toBe(200)
    }
    await settledBalance(program, tuned.id, 20)
    const file = join(program.dataDir, 'tuned.json')
    const aw = async (...args: string[]): Promise<string> => (await promisify(execFile)(process.execPath, ['main.ts', ...args], { env: { ...process.env, AW_PORT: String(program.port), AW_DATA_DIR: program.dataDir } })).stdout
    const before = await boss.get<object>(`/api/companies/${tuned.id}`)
    const view = JSON.parse(await aw('backtest', '--tune', '--company', 'Initech', '--evaluations', '40', '--out', file, '--json')) as TuneView
    expect(view).toMatchObject({ judgedBy: 'labels', judged: 10, isBetter: true, seed: 1 })
    expect(view.after.keptBack).toBeGreaterThan(view.before.keptBack ?? 1)
    expect(await boss.get(`/api/companies/${tuned.id}`)).toEqual(before)
    expect(await aw('settings', 'apply', file, '--company', 'Initech')).toContain('Initech: set windowMs')
    expect(await boss.get(`/api/companies/${tuned.id}`)).toMatchObject({ joinThreshold: view.settings.joinThreshold, weights: view.settings.weights, windowMs: view.settings.windowMs })
  })
})
