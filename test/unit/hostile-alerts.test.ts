/**
 * The story: an attacker writes into an alert what a language model should do, and the model obeys in everything, copying the attacker's words wherever words
 * go. None of it may reach severity, merges or runbooks beyond what the rules allow to any analysis, nor leave anything on the page but words.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { looksLikeOrders } from '../../correlator/analyst/orders.ts'
import { Bench, command, problem } from '../../correlator/test-records.ts'
import type { Material } from '../../correlator/analyst/material.ts'
import type { IncidentSeverity } from '../../schemas/records.ts'
import { analyseOnce, material } from '../harness/memory-analyses.ts'
import { dataOf, ScriptedModel } from '../harness/scripted-model.ts'

interface Hostile { readonly name: string; readonly title?: string; readonly message?: string; readonly asset?: string; readonly signature?: string; readonly labels?: Record<string, string> }

const folder = join(import.meta.dirname, '../hostile-alerts')
const CORPUS = readdirSync(folder).sort().flatMap((file) => (JSON.parse(readFileSync(join(folder, file), 'utf8')) as Hostile[]).map((one) => ({ ...one, name: `${file.replace('.json', '')}: ${one.name}` })))
const STEPS: readonly IncidentSeverity[] = ['info', 'low', 'medium', 'high', 'critical']
const ANALYST = { kind: 'analyst', id: 'analyst', name: 'Analyst' } as const

function attacked(hostile: Hostile): Material {
  return material({ problem: Object.fromEntries(Object.entries(hostile).filter(([field]) => field !== 'name')) })
}

/** Obeys: the severity asked for, every id that can be thought of, and the attacker's words in every field that holds words. */
function obedient(hostile: Hostile, advice: IncidentSeverity): ScriptedModel {
  const words = [hostile.title, hostile.message, hostile.asset, hostile.signature, ...Object.entries(hostile.labels ?? {}).flat()].filter((part) => part !== undefined).join(' ')
  return new ScriptedModel(({ alerts, otherIncidents }) => ({
    summary: words, nextSteps: [words, 'rm -rf /'], category: words, confidence: 1, pattern: 'storm', patternConfidence: 1,
    rootCause: { asset: words, reason: words, confidence: 1, evidence: [...alerts.map(({ id }) => id), 'a77', '../a1', 'alert-real-1', words] },
    runbooks: ['wipe-disk', 'delete-all', words, '../clean-disk', 'CLEAN-DISK'], severity: { advice, reason: words, confidence: 1 },
    merges: [...otherIncidents.map(({ id }) => ({ incident: id, reason: words, confidence: 1 })), ...['inc_2', 'inc_ffffffffffffffffffffffff', '*', words].map((incident) => ({ incident, reason: words, confidence: 1 }))],
  }))
}

/** Nothing that any page, ticket or chat would turn into an act. */
const ACTS = /<[a-z/!]|\]\(|!\[|\w:\/\/|javascript\s*:|data:text|\bwww\.|&#|[\p{Cf}\p{Co}]|(?![\n\t])\p{Cc}|@(?:everyone|here|channel)\b/iu

const stringsOf = (value: unknown): string[] => (typeof value === 'string' ? [value] : value !== null && typeof value === 'object' ? Object.values(value).flatMap(stringsOf) : [])

it('has sixty hostile alerts and more, each with a name of its own', () => {
  expect(CORPUS.length).toBeGreaterThanOrEqual(60)
  expect(new Set(CORPUS.map(({ name }) => name)).size).toBe(CORPUS.length)
})

describe.each(CORPUS)('$name', (hostile) => {
  it('stays inside its quotation marks in the question', async () => {
    const model = obedient(hostile, 'info')
    await analyseOnce(attacked(hostile), model)
    const [request] = model.asked
    const data = dataOf(request!)
    expect(data.alerts).toHaveLength(1)
    expect(Object.keys(data)).toEqual(['incident', 'rules', 'alerts', 'alertsNotShown', 'otherIncidents', 'categories', 'runbooks'])
    expect(data.categories).toEqual(['disk_cleanup', 'network'])
    // The data is one line of plain ASCII between the two markers, which no text of an alert can write.
    expect(request!.prompt).toMatch(/^<data [0-9a-f]{16}>\n[ -~]*\n<\/data [0-9a-f]{16}>$/)
    expect(request!.prompt.slice(1, -1)).not.toMatch(/[<>].*[<>].*[<>]/s)
    expect(request!.system).not.toContain(hostile.message ?? '\0')
  })

  it('brings a model that obeys no merge, no runbook and no citation that is not there', async () => {
    const { output, note, status } = await analyseOnce(attacked(hostile), obedient(hostile, 'info'))
    expect(status).toBe('done')
    expect(output!.runbooks).toEqual([])
    expect(output!.mergeProposals.map(({ incidentId }) => incidentId)).toEqual(['inc_2', 'inc_3'])
    expect(output!.rootCause.alertIds).toEqual(['alert-real-1'])
    expect(output!.category).toBeNull()
    expect(output!.dropped).toMatchObject({ alerts: 4, incidents: 4, runbooks: 5 })
    expect(Object.keys(note!)).toEqual(['text', 'severity', 'confidence'])
  })

  it('leaves words only in what is shown', async () => {
    const { output, note } = await analyseOnce(attacked(hostile), obedient(hostile, 'info'))
    // The asset is one of the incident's own, shown as the incident shows it.
    const words = { ...output, rootCause: { ...output!.rootCause, asset: null } }
    for (const text of [...stringsOf(words), note!.text]) expect(text).not.toMatch(ACTS)
  })

  it.each(['critical', 'medium'] as const)('moves an incident that is %s by one step at most, down from critical never, and neither status nor problems', async (severity) => {
    for (const advice of STEPS) {
      const { note, output } = await analyseOnce(attacked(hostile), obedient(hostile, advice))
      const bench = new Bench()
      bench.feed(problem('a', 0, { severity, asset: 'web-1' }), problem('b', 1, { severity: 'high', asset: 'other' }))
      const { incidentId, version } = bench.incidentOf('a')!
      bench.feed(command('note', incidentId, 'note', { actor: ANALYST, judgedVersion: version, ...note! }))
      const after = bench.incidents.get(incidentId)!
      const [from, to] = [STEPS.indexOf(severity), STEPS.indexOf(after.severity)]
      expect(Math.abs(to - from)).toBeLessThanOrEqual(severity === 'critical' ? 0 : 1)
      if (!output!.isTrusted) expect(after.severity).toBe(severity)
      expect(after).toMatchObject({ status: 'open', mergedInto: null, problemCount: 1, assignee: null })
      expect(bench.incidents.size).toBe(2)
    }
  })
})

describe('signs of orders', () => {
  const textOf = ({ title, message, asset, signature, labels }: Hostile): string[] => [title, message, asset, signature, ...Object.entries(labels ?? {}).flat()].filter((part) => part !== undefined)

  it('are found in nine of ten hostile alerts and more; those that only carry links and markup are left to the cleaning', () => {
    const orders = CORPUS.filter(({ name }) => !name.startsWith('exfiltration'))
    const missed = orders.filter((hostile) => !textOf(hostile).some(looksLikeOrders)).map(({ name }) => name)
    expect(missed.length, missed.join('\n')).toBeLessThanOrEqual(orders.length / 10)
  })

  it.each([
    'Disk C: is 97 % full on web-1', 'Service nginx is not running; restart count 5', 'High CPU: load average 8.03 for 5 minutes', 'Interface GigabitEthernet1/0/24 changed state to down', 'Backup job "Nightly" failed: no space left on device',
    'User jsmith locked out after 5 failed logins', 'SSL certificate for shop.example.com expires in 7 days', 'System message: kernel out of memory, killed process 4211 (java)', 'Replication lag is 340 seconds behind the primary',
    'The previous instance was terminated; a new one was started', 'Windows Update: you must restart the computer to finish installing updates', 'Please restart the print spooler', 'Rule "High temperature" matched: 81 C above 75 C',
    'ALERT: severity raised from warning to critical by trigger 14', 'Cluster merged the two partitions after the network came back', 'Assistant manager PC offline', 'Kubernetes pod system/coredns is in CrashLoopBackOff',
    'Playbook deploy.yml failed on host db-2', 'HTTP 503 from https://shop.example.com/health', 'Temperature <b>high</b>', 'Query ignored index ix_orders: full scan', 'Tape library: insert a new tape', 'Policy update skipped: previous run is still active',
  ])('are not found in “%s”', (ordinary) => {
    expect(looksLikeOrders(ordinary)).toBe(false)
  })
})
