import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseBody } from '../../processors/sources/parse.ts'
import { normaliseForPrint, toPrinted } from '../../processors/sources/print.ts'
import { ADAPTERS } from '../../processors/sources/registry.ts'
import { instantMs } from '../../processors/sources/time.ts'
import { unknownAdapter } from '../../processors/sources/unknown/index.ts'
import type { PrintedAlert } from '../../schemas/alert.ts'

// Payloads that real tools sent, each with what a careful reader would make of it. They lie outside the project and are never copied into it.
const ROOT = join(import.meta.dirname, '../../../shared/payloads')
const FIELDS = ['source', 'externalId', 'asset', 'signature', 'severity', 'status', 'startsAt', 'title'] as const

type Expected = Readonly<Record<(typeof FIELDS)[number], string | null> & { labels: Readonly<Record<string, string>> | null }>

interface Case {
  readonly source: string
  readonly name: string
  readonly body: Buffer
  readonly contentType: string
  readonly expected: readonly Expected[]
}

/** All recorded payloads; none when the folder is missing. */
function casesOf(root: string): readonly Case[] {
  if (!existsSync(root)) return []
  const folders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return folders.flatMap(({ name: source }) => {
    const files = readdirSync(join(root, source))
    return files.filter((file) => !file.endsWith('.expect.json')).map((file): Case => {
      const stem = file.replace(/\.[a-z]+$/, '')
      const expected = JSON.parse(readFileSync(join(root, source, `${stem}.expect.json`), 'utf8')) as readonly Expected[]
      const contentType = file.endsWith('.form') ? 'application/x-www-form-urlencoded' : file.endsWith('.xml') ? 'text/xml' : 'application/json'
      return { source, name: `${source}/${file}`, body: readFileSync(join(root, source, file)), contentType, expected }
    })
  })
}

/** Judged fields that differ; null in the expectation is not judged. */
function faults(expected: Expected, found: PrintedAlert | undefined): { judged: number; wrong: string[] } {
  const wrong: string[] = []
  let judged = 0
  const judge = (field: string, want: string, have: string | null | undefined, same = want === have): void => {
    judged++
    if (!same) wrong.push(`${field}: wanted ${want}, found ${have ?? 'none'}`)
  }
  for (const field of FIELDS) {
    const want = expected[field]
    if (want === null) continue
    const have = found?.[field]
    if (field === 'startsAt') judge(field, want, have, have !== undefined && have !== null && instantMs(want) === instantMs(have))
    else judge(field, want, have)
  }
  for (const [name, want] of Object.entries(expected.labels ?? {})) judge(`labels.${name}`, want, found?.labels[name])
  return { judged, wrong }
}

const cases = casesOf(ROOT)
const known = new Set(ADAPTERS.map((adapter) => adapter.id))

describe('recorded payloads of the tools we have adapters for', () => {
  if (cases.length === 0) it.skip(`../shared/payloads is not there (${ROOT}); only the fixtures beside the adapters are tested`, () => undefined)
  for (const one of cases.filter((candidate) => known.has(candidate.source))) {
    it(`${one.name}: every judged field is right`, () => {
      const { alerts, rejected } = normaliseForPrint(one.source, one.body, one.contentType)
      expect(rejected).toEqual([])
      expect(alerts).toHaveLength(one.expected.length)
      expect(one.expected.flatMap((expected, index) => faults(expected, alerts[index]).wrong)).toEqual([])
    })
  }
})

describe('recorded payloads, read as if we had no adapter for their tool', () => {
  it.skipIf(cases.length === 0)('are all read without an error, and most judged fields are right', () => {
    let judged = 0
    let wrong = 0
    const report: string[] = []
    for (const one of cases) {
      // The recogniser answers under the id it is asked for, so the source is not its merit.
      const found = unknownAdapter(one.source).normalise(parseBody(one.body, one.contentType), { contentType: one.contentType, headers: {}, receivedAtMs: 0 })
      const alerts = found.flatMap((alert) => ('rejected' in alert ? [] : [toPrinted(alert)]))
      for (const [index, expected] of one.expected.entries()) {
        const result = faults({ ...expected, source: null }, alerts[index])
        judged += result.judged
        wrong += result.wrong.length
        if (result.wrong.length > 0) report.push(`${one.name}[${index}] ${result.wrong.join('; ')}`)
      }
    }
    const share = 1 - wrong / judged
    if (process.env['PAYLOAD_REPORT'] !== undefined) console.log([...report, `${judged - wrong} of ${judged} judged fields (${(share * 100).toFixed(1)} %)`].join('\n'))
    expect(share).toBeGreaterThan(0.7)
  })
})
