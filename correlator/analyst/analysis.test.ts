import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Finding } from '../../schemas/records.ts'
import { rawAnswer, readAnswer, type RawAnswer } from './answer.ts'
import { cleanText } from './clean.ts'
import type { Material } from './material.ts'
import { readPrompt } from './prompts.ts'
import { questionOf } from './question.ts'
import { shapeOf } from './shape.ts'
import { ceilingMicroUsd, NOTHING_SPENT, plusCall } from './spending.ts'
import { SummaryStream } from './summary-stream.ts'
import { firstTier, worthAsking, type Judged } from './worth.ts'

const finding = (kind: string, confidence = 0.9): Finding => ({ kind, confidence, reason: 'because', sinceMs: 0, problemKeys: [], figures: {} })
const problem = { alertId: 'id-1', asset: 'web-1', signature: 'disk', source: 'zabbix', severity: 'high', status: 'firing', title: 'disk full', message: '', labels: {}, count: 1, firstAtMs: 1_000 }
const MATERIAL: Material = {
  incident: {
    incidentId: 'inc', companyId: 'acme', version: 1, title: 'disk full', status: 'open', severity: 'high', openedAtMs: 0, updatedAtMs: 9_000, alertCount: 2, problemCount: 2, assetCount: 2, assets: ['web-1', 'db-1'], sources: ['zabbix'],
    assignee: null, findings: [], rootCause: null, classification: null,
  },
  problems: [problem, { ...problem, alertId: 'id-2', asset: 'db-1' }],
  others: [{ incidentId: 'inc_2', title: 'other', severity: 'low', assets: ['sw-1'], openedAtMs: 0 }], categories: ['disk_cleanup'], runbooks: [{ id: 'clean', summary: 's' }], redaction: { hidesHosts: true },
}
const RAW: RawAnswer = {
  summary: 's', pattern: 'none', patternConfidence: 0.5, rootCause: { asset: '', reason: '', confidence: 0, evidence: [] }, category: '', confidence: 0.9, nextSteps: [], runbooks: [], merges: [], severity: { advice: 'keep', reason: '', confidence: 0 },
}
const read = (raw: Partial<RawAnswer>, material = MATERIAL, isCached = false) => readAnswer({ ...RAW, ...raw }, questionOf(material, 'f'), material, { isCached })
const withFindings = (...findings: Finding[]): Material => ({ ...MATERIAL, incident: { ...MATERIAL.incident, findings } })

describe('whether an incident is worth asking about', () => {
  const plain: Judged = { status: 'open', mergedInto: null, severity: 'high', alertCount: 5, problemCount: 2, openProblemCount: 2, sources: ['zabbix'], findings: [], classification: null }
  const classified = (confidence: number) => ({ category: 'network', confidence, reason: '', canResolveAutomatically: false, action: 'assign', by: 'words' })
  it.each<[string, Partial<Judged>, string | null]>([
    ['is clear and small', {}, null], ['is critical', { severity: 'critical' }, 'critical'], ['is a cascade', { findings: [finding('cascade')] }, 'pattern'], ['is a storm', { findings: [finding('storm')] }, 'pattern'],
    ['returns at even intervals', { findings: [finding('periodic')] }, null], ['is told by two tools', { sources: ['zabbix', 'datadog'] }, 'several_tools'], ['has two tools for one problem', { sources: ['zabbix', 'datadog'], problemCount: 1 }, null],
    ['has an unsure category', { classification: classified(0.59) }, 'ambiguous'], ['has a sure category', { classification: classified(0.6) }, null], ['is tiny, though unsure', { classification: classified(0.1), problemCount: 1, alertCount: 2 }, null],
    ['is resolved', { severity: 'critical', status: 'resolved' }, null], ['is closed', { severity: 'critical', status: 'closed' }, null], ['was merged away', { severity: 'critical', mergedInto: 'x' }, null], ['has nothing open', { severity: 'critical', openProblemCount: 0 }, null],
  ])('one that %s', (_, change, why) => {
    expect(worthAsking({ ...plain, ...change }, null)).toBe(why)
  })

  it.each<[number, number, string, string | null]>([[19, 2, 'high', null], [20, 2, 'high', 'grown'], [5, 8, 'high', 'grown'], [5, 7, 'high', null], [5, 2, 'critical', 'critical']])('asks again at %i alerts, %i problems, severity %s: %s', (alertCount, problemCount, severity, why) => {
    expect(worthAsking({ ...plain, sources: ['a', 'b'], alertCount, problemCount, severity: severity as Judged['severity'] }, { alertCount: 5, problemCount: 2, severity: 'high' })).toBe(why)
  })

  it('puts critical and wide cases to the strong model at once', () => {
    expect([firstTier({ severity: 'high', assetCount: 9 }), firstTier({ severity: 'high', assetCount: 10 }), firstTier({ severity: 'critical', assetCount: 1 })]).toEqual(['cheap', 'strong', 'strong'])
  })
})

describe('an answer', () => {
  it('is shown beside what the rules found, agreement or not', () => {
    expect(read({ pattern: 'cascade', patternConfidence: 0.8 }, withFindings(finding('storm', 0.4), finding('cascade', 0.7))).pattern).toEqual({ name: 'cascade', confidence: 0.8, rules: 'cascade', rulesConfidence: 0.7, agrees: true })
    expect(read({ pattern: 'periodic' }, withFindings(finding('storm'))).pattern).toMatchObject({ name: 'periodic', rules: 'storm', agrees: false })
    expect(read({ pattern: 'none' }, withFindings(finding('flapping'))).pattern).toMatchObject({ rules: null, agrees: true })
    expect(read({ pattern: 'storm' }).pattern).toMatchObject({ rules: null, rulesConfidence: null, agrees: false })
    const ruled = { ...MATERIAL, incident: { ...MATERIAL.incident, rootCause: { asset: 'db-1', confidence: 0.6, reason: 'r' } } }
    expect(read({ rootCause: { asset: 'host-1', reason: 'r', confidence: 0.9, evidence: [] } }, ruled).rootCause).toMatchObject({ asset: 'web-1', rulesAsset: 'db-1', agrees: false })
    expect(read({ rootCause: { asset: 'host-2', reason: 'r', confidence: 0.9, evidence: [] } }, ruled).rootCause).toMatchObject({ asset: 'db-1', agrees: true })
  })

  it('keeps what the question held and drops and counts what it did not', () => {
    const analysis = read({
      rootCause: { asset: 'host-9', reason: 'r', confidence: 0.9, evidence: ['a2', 'a3', 'a2', 'id-1', ''] }, category: 'Disk_Cleanup', runbooks: ['clean', 'other', 'clean'],
      merges: [{ incident: 'i1', reason: 'r', confidence: 2 }, { incident: 'i2', reason: 'r', confidence: 1 }, { incident: 'inc_2', reason: 'r', confidence: 1 }],
    })
    expect(analysis).toMatchObject({ rootCause: { asset: null, confidence: 0, alertIds: ['id-2'] }, category: 'disk_cleanup', runbooks: ['clean'], mergeProposals: [{ incidentId: 'inc_2', confidence: 0 }] })
    expect(analysis.dropped).toEqual({ alerts: 3, assets: 1, categories: 0, runbooks: 1, incidents: 2, markup: 0 })
    expect(read({ category: 'aliens' })).toMatchObject({ category: null, dropped: { categories: 1 } })
  })

  it('proposes no merges out of the cache', () => {
    const merges = [{ incident: 'i1', reason: 'r', confidence: 1 }]
    expect(read({ merges }).mergeProposals).toHaveLength(1)
    expect(read({ merges }, MATERIAL, true).mergeProposals).toEqual([])
  })

  it('advises nothing where it says to keep the severity, or names the one it has', () => {
    const advice = (name: RawAnswer['severity']['advice']) => read({ severity: { advice: name, reason: 'r', confidence: 0.9 } }).severityAdvice
    expect([advice('keep'), advice('high'), advice('low')]).toEqual([null, null, { severity: 'low', confidence: 0.9, reason: 'r' }])
  })

  it.each([[-0.1], [1.1], [Number.NaN], [Number.POSITIVE_INFINITY]])('takes a confidence of %s for none', (confidence) => {
    expect(read({ confidence, severity: { advice: 'low', reason: 'r', confidence } })).toMatchObject({ confidence: 0, severityAdvice: { confidence: 0 } })
  })

  it.each([[null], ['text'], [{}], [{ ...RAW, pattern: 'chaos' }], [{ ...RAW, extra: 1 }], [{ ...RAW, nextSteps: 'one' }], [{ ...RAW, severity: { advice: 'urgent', reason: '', confidence: 1 } }]])('that does not fit the schema is refused: %j', (json) => {
    expect(() => rawAnswer(json)).toThrow(expect.objectContaining({ code: 'llm_invalid_output' }))
  })
})

describe('a question', () => {
  it('carries at most 40 alerts, 10 other incidents and 8 labels of each, and says how many are not shown', () => {
    const many: Material = {
      ...MATERIAL, incident: { ...MATERIAL.incident, problemCount: 5_000 },
      problems: Array.from({ length: 60 }, (_, n) => ({ ...problem, alertId: `id-${n}`, message: 'x'.repeat(10_000), labels: Object.fromEntries(Array.from({ length: 50 }, (__, label) => [`l${label}`, 'v'.repeat(900)])) })),
      others: Array.from({ length: 30 }, (_, n) => ({ incidentId: `o${n}`, title: 't'.repeat(9_000), severity: 'low', assets: Array.from({ length: 99 }, (__, asset) => `as-${asset}`), openedAtMs: 0 })),
    }
    const question = questionOf(many, 'f')
    expect([question.alerts.size, question.incidents.size]).toEqual([40, 10])
    expect(question.prompt).toContain('"alertsNotShown":4960')
    expect(question.prompt.length).toBeLessThan(150_000)
  })

  it('names nothing of the company but what is hidden behind placeholders', () => {
    const secretive: Material = { ...MATERIAL, problems: [{ ...problem, message: 'user=jane.doe password=Tr0ub4dor&3 from 10.1.2.3 on web-1', labels: { host: 'web-1.corp.example', api_key: 'k-123456' } }] }
    const { prompt, hiddenCount } = questionOf(secretive, 'f')
    for (const word of ['web-1', 'db-1', 'sw-1', 'jane', 'Tr0ub4dor', '10.1.2.3', 'k-123456', 'id-1', 'inc_2', 'acme']) expect(prompt).not.toContain(word)
    expect(hiddenCount).toBeGreaterThan(5)
  })
})

describe('the shape of an incident', () => {
  const shape = (change: (material: Material) => Material) => shapeOf(change(MATERIAL), 'incident@1')
  const message = (text: string) => shape((material) => ({ ...material, problems: [{ ...problem, message: text }] }))
  it('leaves out names, figures and times', () => {
    expect(message('97 % of /dev/sda1 used at 10:04 on web-1')).toBe(message('98 % of /dev/sdb7 used at 11:59 on web-22'))
    const renamed = shape((material) => ({ ...material, incident: { ...material.incident, incidentId: 'other', alertCount: 3, openedAtMs: 5 }, problems: material.problems.map((one) => ({ ...one, asset: `${one.asset ?? ''}-b`, alertId: 'z', firstAtMs: 7 })) }))
    expect(renamed).toBe(shape((material) => material))
  })

  it.each<[string, (material: Material) => Material]>([
    ['another company', (material) => ({ ...material, incident: { ...material.incident, companyId: 'bolt' } })], ['another severity', (material) => ({ ...material, incident: { ...material.incident, severity: 'low' } })],
    ['twice the alerts', (material) => ({ ...material, incident: { ...material.incident, alertCount: 4 } })], ['another finding', () => withFindings(finding('storm'))], ['other words', (material) => ({ ...material, problems: [{ ...problem, message: 'fan failed' }] })],
    ['one asset where there were two', (material) => ({ ...material, problems: material.problems.map((one) => ({ ...one, asset: 'web-1' })) })], ['other runbooks', (material) => ({ ...material, runbooks: [] })],
  ])('differs for %s', (_, change) => {
    expect(shape(change)).not.toBe(shape((material) => material))
  })

  it('differs for another version of the prompt', () => {
    expect(shapeOf(MATERIAL, 'incident@2')).not.toBe(shapeOf(MATERIAL, 'incident@1'))
  })
})

describe('cleaning', () => {
  it.each([
    ['see [the guide](https://x.example/y) now', 'see the guide now'], ['a ![alt](https://x.example/y.png) b', 'a [link removed] b'], ['<b>bold</b> and <script>bad()</script>end', 'bold and end'], ['at https://x.example/a?b=c, then', 'at [link removed] then'],
    ['load < 5 and disk > 90', 'load < 5 and disk > 90'], ['<img src=x onerror=y', ''], ['[a](javascript:b) c', 'a c'], ['ping @everyone!', 'ping everyone!'], ['a\u202eb\u0000c\u001b[31m', 'abc[31m'], ['step 1: restart [web]', 'step 1: restart [web]'],
  ])('%j becomes %j', (given, shown) => {
    expect(cleanText(given, 500).text).toBe(shown)
  })

  it('leaves no act in any text, and has nothing to do the second time', () => {
    const parts = fc.constantFrom('<', '>', '![', '](', ')', 'https://', 'javascript:', 'x', ' ', '<!--', '-->', '[', ']', '<scr', 'ipt>', '&lt;', '\u202e', 'www.', 'a.b', '@here', '"', '\n', '[r]: ', '<a href=')
    fc.assert(fc.property(fc.array(parts, { maxLength: 40 }).map((list) => list.join('')), (given) => {
      const { text } = cleanText(given, 2_000)
      expect(text).not.toMatch(/<[a-z/!]|\]\(|\w:\/\/|\bjavascript:/i)
      expect(cleanText(text, 2_000).text).toBe(text)
    }), { numRuns: 2_000, seed: 7 })
  })
})

describe('the summary as it comes', () => {
  const follow = (json: string, size: number, show: (text: string) => string = (text) => text): string => {
    const stream = new SummaryStream(show)
    let shown = ''
    for (let at = 0; at < json.length; at += size) {
      const piece = stream.take(json.slice(at, at + size))
      if (piece !== null) shown = shown.slice(0, piece.at) + piece.text
    }
    return shown
  }

  it('is whole at the end, however it was cut', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme', maxLength: 80 }), fc.integer({ min: 1, max: 9 }), (summary, size) => {
      expect(follow(JSON.stringify({ summary, pattern: 'none' }), size)).toBe(summary)
      expect(follow(JSON.stringify({ summary }).replace(/[\u0080-\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`), size)).toBe(summary)
    }), { seed: 3 })
  })

  it('holds a word back until it is whole, so that no half placeholder or link is shown', () => {
    const stream = new SummaryStream((text) => text.replace(/host-12/g, 'web'))
    expect([stream.take('{"summary":"on host-1'), stream.take('2 it'), stream.take(' is full"')]).toEqual([{ at: 0, text: 'on' }, { at: 2, text: ' web' }, { at: 6, text: ' it is full' }])
  })

  it('says from where to write anew when what was shown no longer stands', () => {
    expect(follow('{"summary":"see [a b](https://evil.example/x) now"}', 3, (text) => cleanText(text, 500).text)).toBe('see a b now')
  })

  it('begins anew after a restart', () => {
    const stream = new SummaryStream((text) => text)
    stream.take('{"summary":"first try "')
    stream.restart()
    expect(stream.take('{"summary":"other"')).toEqual({ at: 0, text: 'other' })
  })
})

describe('what a call may cost', () => {
  it('is never less than what it comes to, for one repair at each provider', () => {
    const price = { input: 3, output: 15 }
    const ceiling = ceilingMicroUsd(30_000, 'cheap', [price, price])
    // The densest JSON there is: a token for every two and a half characters, asked twice of both.
    expect(ceiling).toBeGreaterThanOrEqual(2 * 2 * (12_000 * 3 + 1_000 * 15))
    expect(ceilingMicroUsd(30_000, 'cheap', [null])).toBeLessThan(ceilingMicroUsd(30_000, 'strong', [null]))
  })

  it('takes a dear model’s price where nobody knows the cost', () => {
    expect(plusCall(NOTHING_SPENT, { inputTokens: 100, outputTokens: 10, cachedInputTokens: 0, costMicroUsd: null }, 'cheap').costMicroUsd).toBe(150)
    expect(plusCall(NOTHING_SPENT, { inputTokens: 100, outputTokens: 10, cachedInputTokens: 0, costMicroUsd: 0 }, 'cheap')).toMatchObject({ calls: 1, costMicroUsd: 0 })
  })
})

describe('the prompt', () => {
  it('has a version in its head, which grows with its text', () => {
    expect(readPrompt('incident').version).toMatch(/^incident@\d+$/)
    // Changing the text without raising the version would mix old and new answers in cache and history.
    const file = readFileSync(join(import.meta.dirname, 'prompts/incident.md'), 'utf8')
    expect([readPrompt('incident').version, hash('sha256', file, 'hex').slice(0, 12)]).toEqual(['incident@1', '473d588a49b4'])
  })

  it('is refused without its head', () => {
    expect(() => readPrompt('missing')).toThrow()
  })
})
