import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TicketFacts } from '../../schemas/ticket-sync.ts'
import { isOurNote } from '../sync/identity.ts'
import { facts, OPENED_MS } from '../sync/test-world.ts'
import { endText, sayable } from './note-text.ts'
import { TEMPLATE_IDS, templateOf } from './templates.ts'
import { ticketText, type TextExtras } from './ticket-text.ts'
import { line } from './words.ts'

const EXTRAS: TextExtras = { externalRef: 'AW-0123456789AB', publicUrl: 'https://aw.test', earlier: { number: '1001', url: 'https://psa.test/1001' }, storm: null }
const MINUTE = 60_000

/** An incident with everything that can be told of one. */
const RICH: TicketFacts = facts({
  title: 'disk full and 2 more on 3 assets', status: 'in_progress', severity: 'critical', priority: 1, alertCount: 148, problemCount: 14, openProblemCount: 12, assets: ['db-1', 'web-1', 'web-2'], assetCount: 3, sources: ['zabbix', 'datadog'], category: 'storage',
  updatedAtMs: OPENED_MS + 42 * MINUTE,
  findings: [{ kind: 'cascade', confidence: 0.82, reason: 'db-1 failed first; what depends on it followed within 4 minutes', sinceMs: OPENED_MS, problemKeys: [], figures: {} }, { kind: 'recurrence', confidence: 0.6, reason: 'the same on 2026-02-27 and 2026-02-28', sinceMs: OPENED_MS, problemKeys: [], figures: {} }],
  rootCause: { asset: 'db-1', confidence: 0.77, reason: 'it began there, and both web servers depend on it', chain: [] },
  analysis: { id: 'an1', summary: 'The data volume of db-1 is full since 12:00 UTC. Both web servers time out because of it.', confidence: 0.7, nextSteps: ['Free space on db-1', 'Look for a log that grows'], model: 'claude-x' },
  problems: ['db-1', 'web-1', 'web-2', 'web-1', 'web-2', 'db-1', 'web-1', 'web-2', 'db-1', 'web-1', 'web-2', 'db-1'].map((asset, index) => ({ asset, title: index === 0 ? 'Disk full' : `HTTP check ${index} times out`, severity: index === 0 ? 'critical' : 'high', source: index % 2 === 0 ? 'zabbix' : 'datadog', status: index < 10 ? 'firing' as const : 'resolved' as const, count: 12 + index, firstAtMs: OPENED_MS + index * MINUTE, lastAtMs: OPENED_MS + 40 * MINUTE })),
  runbooks: [{ id: 'disk-clean-temp', summary: 'Free temporary space on a full volume', risk: 'low', fits: true }, { id: 'restart-service', summary: 'Restart a service', risk: 'medium', fits: false }],
  runs: [{ id: 'r1', runbookId: 'disk-clean-temp', summary: 'Free temporary space on a full volume', status: 'failed', outcome: 'escalated', message: 'Nothing to remove on /var.', assets: ['db-1'], isSimulated: false, startedAtMs: OPENED_MS + 5 * MINUTE, endedAtMs: OPENED_MS + 7 * MINUTE }],
  approvals: [{ id: 'a1', runId: 'r2', runbookId: 'restart-service', summary: 'Restart a service', risk: 'medium', question: 'run', reason: 'Medium risk needs a yes.', expiresAtMs: OPENED_MS + 60 * MINUTE }, { id: 'a2', runId: 'r3', runbookId: 'disk-clean-temp', summary: 'Free temporary space', risk: 'low', question: 'target', reason: 'Two machines are called db-1.', expiresAtMs: OPENED_MS + 60 * MINUTE }],
})

function golden(name: string, found: string): void {
  const path = join(import.meta.dirname, 'testdata', `${name}.txt`)
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(path, found)
  expect(existsSync(path), `${path} is missing; write it with UPDATE_GOLDEN=1`).toBe(true)
  expect(found).toBe(readFileSync(path, 'utf8'))
}

describe('the text a ticket is opened with', () => {
  it.each([...TEMPLATE_IDS, 'default'])('for %s is as people agreed on it', (id) => {
    const { title, text } = ticketText(templateOf(id), RICH, EXTRAS)
    golden(id, `${title}\n${'-'.repeat(20)}\n${text}\n`)
  })

  it('of an incident of which little is known is short', () => {
    const { title, text } = ticketText(templateOf('default'), facts({ runbooks: [], findings: [], sources: [], category: null }), { ...EXTRAS, earlier: null })
    golden('bare', `${title}\n${'-'.repeat(20)}\n${text}\n`)
  })

  it.each(TEMPLATE_IDS)('keeps within what %s takes whatever alerts and models say, tells its reference, and stays plain text', (id) => {
    const template = templateOf(id)
    const hostile = fc.oneof(fc.string({ unit: 'binary', maxLength: 3_000 }), fc.constantFrom('\u{1f525}'.repeat(2_000), 'x' + '\u{1f525}'.repeat(2_000), '<script>alert(1)</script>\n\r\u202e', '[~admin] @everyone\u0000', 'approve 00000000\n'.repeat(200), '{code}\u2028{code}'))
    fc.assert(fc.property(hostile, hostile, fc.array(hostile, { maxLength: 20 }), (one, two, names) => {
      const { title, text } = ticketText(template, { ...RICH, title: one, companyName: two, assets: names, problems: RICH.problems.map((problem) => ({ ...problem, title: one, asset: two })), analysis: { id: 'x', summary: one, confidence: 2, nextSteps: names, model: two }, rootCause: { asset: one, confidence: -1, reason: two, chain: [] } }, EXTRAS)
      expect(title.length).toBeLessThanOrEqual(template.titleMax)
      expect(title).not.toMatch(/[\n\r]/)
      expect(text.length).toBeLessThanOrEqual(template.textMax)
      expect(text.endsWith('Reference AW-0123456789AB. Written by Alert Whisperer.')).toBe(true)
      expect([title, text].every((part) => part.isWellFormed()), 'no half of a character').toBe(true)
      expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202a-\u202e\u2028]/)
      // What comes from outside stands in a line of ours and never makes one of its own.
      expect(text.split('\n').filter((part) => part.startsWith('approve ') || part.startsWith('Reference ')).length).toBe(1)
    }), { numRuns: 50 })
  })
})

describe('words', () => {
  it('are one line, cut visibly and never through a character', () => {
    expect(line('a\n b\u0000\u200bc', 10)).toBe('a b c')
    expect(line('x'.repeat(20), 10)).toBe(`${'x'.repeat(9)}…`)
    expect(line(`${'x'.repeat(8)}😀y`, 10)).toBe(`${'x'.repeat(8)}…`)
  })

  it('of a note begin like every note of ours, and a reply that quotes one does not', () => {
    const note = `${sayable(['It goes on.'], 500)}\n\n[aw:0123456789]`
    expect(isOurNote(note)).toBe(true)
    expect(isOurNote(`> ${note}\nthanks`)).toBe(false)
    expect(isOurNote(`Thanks!\n${note}`)).toBe(false)
    expect(sayable(['x'.repeat(600)], 500).length).toBeLessThanOrEqual(500)
    for (const text of ['\u{1f525}'.repeat(600), `x${'\u{1f525}'.repeat(600)}`]) expect(sayable([text], 500).isWellFormed(), 'no half of a character').toBe(true)
  })

  it('of the end say what solved it', () => {
    expect(endText({ ...RICH, status: 'resolved', resolvedAtMs: OPENED_MS + 45 * MINUTE, endedBy: 'person', resolution: 'Replaced the disk.\nAll good.' })).toBe([
      'Ended in Alert Whisperer at 2026-03-01 12:45 UTC, after 45 min; 148 alerts of 14 problems in all.', 'Replaced the disk. All good.',
      '- Runbook disk-clean-temp (Free temporary space on a full volume) on db-1: escalated, 2 min. Nothing to remove on /var.',
    ].join('\n'))
  })
})
