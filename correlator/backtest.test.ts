import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { BacktestAlert } from './backtest-problems.ts'
import { runBacktest, runComparison, tuneFile, type BacktestLine } from './backtest.ts'
import { DEFAULT_WEIGHTS } from './settings.ts'

/** Nothing counts, so nothing joins. */
const APART = { joinThreshold: 1, weights: Object.fromEntries(Object.keys(DEFAULT_WEIGHTS).map((name) => [name, 0])) }
const START_MS = Date.UTC(2026, 0, 5, 9)
let folder = ''
let serial = 0

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'aw-backtest-test-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function alert(seconds: number, change: Partial<BacktestAlert> = {}): BacktestAlert {
  serial += 1
  return {
    id: `a${String(serial).padStart(4, '0')}`, ts: new Date(START_MS + seconds * 1000).toISOString(), company: 'acme', source: 'zabbix', asset: 'web-1', signature: 'cpu', severity: 'high', status: 'firing',
    message: 'cpu above 95 %', labels: {}, ...change,
  }
}

/** Two racks fail and recover, a router takes both down, and another company has a trouble of its own. */
const DAY: readonly BacktestAlert[] = [
  ...[0, 10, 20].flatMap((seconds) => ['web-1', 'web-2'].map((asset) => alert(seconds, { asset, labels: { rack: 'r1' } }))),
  ...[300, 305].map((seconds) => alert(seconds, { asset: 'web-1', status: 'resolved' })),
  ...[3_600, 3_605, 3_650, 3_700].map((seconds, at) => alert(seconds, { asset: `db-${at % 2}`, signature: 'replication', labels: { service: 'orders' } })),
  ...[3_601, 3_640].map((seconds) => alert(seconds, { company: 'globex', asset: 'mail', signature: 'queue' })),
  ...[7_200, 7_260].map((seconds) => alert(seconds, { source: 'nagios', asset: 'core-router', signature: 'HostDown' })),
]
const EDGES = [{ from: 'web-1', to: 'core-router', kind: 'depends_on' }, { from: 'db-0', to: 'core-router', kind: 'depends_on' }]

async function linesOf(alerts: string | readonly BacktestAlert[], settings: object = {}): Promise<BacktestLine[]> {
  const lines: BacktestLine[] = []
  await runBacktest({ alerts, topology: EDGES, settings, onLine: (line) => lines.push(line), monotonicMs: () => 0 })
  return lines
}

describe('a backtest over a file', () => {
  it('gives identical output whatever the order of the input, and with alerts that stand in it twice', async () => {
    const expected = await linesOf(DAY)
    expect(new Set(expected.map(({ incidentId }) => incidentId)).size).toBeGreaterThan(2)
    await fc.assert(fc.asyncProperty(fc.shuffledSubarray([...DAY], { minLength: DAY.length }), fc.subarray([...DAY]), async (shuffled, twins) => {
      expect(await linesOf([...shuffled, ...twins])).toEqual(expected)
    }), { numRuns: 25 })
  })

  it('reads files sorted or not, plain or compressed, to the same output', async () => {
    const expected = await linesOf(DAY)
    const text = (alerts: readonly BacktestAlert[]): string => alerts.map((one) => JSON.stringify(one)).join('\n')
    const sorted = [...DAY].sort((a, b) => a.ts.localeCompare(b.ts) || a.id.localeCompare(b.id))
    const files = { 'sorted.jsonl': text([...sorted, sorted.at(-1)!]), 'reversed.jsonl': text([...sorted].reverse()), 'sorted.jsonl.gz': gzipSync(text(sorted)) }
    for (const [name, content] of Object.entries(files)) {
      writeFileSync(join(folder, name), content)
      expect(await linesOf(join(folder, name)), name).toEqual(expected)
    }
  })

  it('reads an alert whose text holds a line separator, and files with CRLF', async () => {
    writeFileSync(join(folder, 'separator.jsonl'), [alert(0, { message: 'one\u2028two' }), alert(1)].map((one) => JSON.stringify(one)).join('\r\n'))
    expect(readFileSync(join(folder, 'separator.jsonl'), 'utf8')).toContain('\u2028')
    expect(await linesOf(join(folder, 'separator.jsonl'))).toHaveLength(2)
  })

  it('writes one line an alert and counts what came out', async () => {
    const out = join(folder, 'groups.jsonl')
    const summary = await runBacktest({ alerts: DAY, out, monotonicMs: () => 0 })
    const lines = readFileSync(out, 'utf8').trim().split('\n').map((line) => JSON.parse(line) as BacktestLine)
    expect(lines).toHaveLength(DAY.length)
    expect(summary).toMatchObject({ alerts: DAY.length, companies: 2, incidents: new Set(lines.map(({ incidentId }) => incidentId)).size, quiet: 0 })
  })

  it('tries other settings, and names every mistake of a settings file', async () => {
    const strict = join(folder, 'strict.json')
    writeFileSync(strict, JSON.stringify(APART))
    const groups = (lines: readonly BacktestLine[]): number => new Set(lines.map(({ incidentId }) => incidentId)).size
    const tried: BacktestLine[] = []
    await runBacktest({ alerts: DAY, topology: EDGES, settings: strict, onLine: (line) => tried.push(line), monotonicMs: () => 0 })
    expect(groups(tried)).toBeGreaterThan(groups(await linesOf(DAY)))
    writeFileSync(strict, JSON.stringify({ windowMs: 1, wieghts: {}, rules: {} }))
    await expect(runBacktest({ alerts: DAY, settings: strict, monotonicMs: () => 0 })).rejects.toMatchObject({ code: 'bad_request', message: expect.stringContaining('"wieghts" is no setting to try') })
    writeFileSync(strict, JSON.stringify({ windowMs: 1, joinThreshold: 7 }))
    await expect(runBacktest({ alerts: DAY, settings: strict, monotonicMs: () => 0 })).rejects.toMatchObject({ message: expect.stringMatching(/windowMs must be .*joinThreshold must be/) })
  })

  it('names the line that is no alert', async () => {
    const file = join(folder, 'broken.jsonl')
    writeFileSync(file, `${JSON.stringify(DAY[0])}\n{"id":"x"}\n`)
    await expect(runBacktest({ alerts: file, monotonicMs: () => 0 })).rejects.toMatchObject({ code: 'bad_request', message: expect.stringContaining('broken.jsonl:2') })
  })

  it('shows two settings files side by side over the same file, in any order', async () => {
    const file = join(folder, 'apart.json')
    writeFileSync(file, JSON.stringify(APART))
    const view = await runComparison({ alerts: DAY, before: undefined, after: file })
    expect(view).toMatchObject({ alerts: DAY.length, merges: { count: 0 } })
    expect(view.splits.count).toBeGreaterThan(0)
    expect(view.after.incidents).toBeGreaterThan(view.before.incidents)
    expect(await runComparison({ alerts: [...DAY].reverse(), before: undefined, after: file })).toEqual(view)
  })

  it('searches settings by a truth file, the same from the same seed, and names the line that is no truth', async () => {
    const alerts = Array.from({ length: 24 }, (_, n) => alert(Math.floor(n / 2) * 3_600 + (n % 2), { asset: `host-${Math.floor(n / 2)}`, signature: n % 2 === 0 ? 'disk' : 'certificate', message: n % 2 === 0 ? 'no space left' : 'renew it' }))
    const truth = join(folder, 'truth.jsonl.gz')
    writeFileSync(truth, gzipSync(alerts.map(({ id }) => JSON.stringify({ alertId: id, incidentId: id })).join('\n')))
    const view = await tuneFile({ alerts, truth, seed: 2, evaluations: 30 })
    expect(view).toMatchObject({ judgedBy: 'truth', judged: 24, isBetter: true })
    expect(view.evaluations).toBeLessThanOrEqual(30)
    expect(await tuneFile({ alerts: [...alerts].reverse(), truth, seed: 2, evaluations: 30 })).toEqual(view)
    const broken = join(folder, 'broken-truth.jsonl')
    writeFileSync(broken, '{"incidentId":"x"}')
    await expect(tuneFile({ alerts, truth: broken, seed: 1, evaluations: 2 })).rejects.toMatchObject({ code: 'bad_request', message: expect.stringContaining('broken-truth.jsonl:1') })
  })
})
