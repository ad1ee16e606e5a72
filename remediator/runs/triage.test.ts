import { describe, expect, it } from 'vitest'
import type { Runbook } from '../../schemas/runbooks.ts'
import type { RunPlan } from '../../schemas/runs.ts'
import { triage, type AskedProblem, type AskedRun, type Suggestion, type TriageTools } from './triage.ts'

const book = (id: string): Runbook => ({
  id, version: 1, summary: `Does ${id}.`, description: '', category: 'disk', risk: 'low', systems: ['linux'], match: { all: [], any: [] }, inputs: [], limits: { maxRunsPerHour: 1, cooldownMs: 0, maxTargets: 1, maxFailures: 1 },
  approval: null, steps: [], rollback: [], verify: null, origin: 'library', companyId: null, digest: id,
})
const PLAN: RunPlan = { targets: [], inputs: {}, commands: [], risk: 'low', costMicroUsd: 0, remarks: [], candidates: [] }
const MACHINE = { asset: 'web-1', cloud: 'aws', cloudAccountId: 'a', system: 'linux', region: 'r', instanceId: 'i', group: null, foundBy: 'tag', isCritical: false } as const
const INCIDENT = { incidentId: 'x', companyId: 'c1', version: 5, firstAtMs: 1_000_000 }

interface World { readonly fits?: readonly (readonly [string, string])[]; readonly tries?: AskedProblem['tries']; readonly refused?: Readonly<Record<string, 'target_unknown' | 'target_ambiguous'>>; readonly shown?: 'behind' | 'open' | null; readonly named?: readonly string[]; readonly isPassing?: boolean; readonly nowMs?: number }

async function look({ fits = [['logs', 'k1'], ['temp', 'k1']], tries = [], refused = {}, shown = 'open', named = [], isPassing = false, nowMs = INCIDENT.firstAtMs }: World): Promise<{ answer: string; asked: (readonly [string, string, string])[]; suggested: readonly Suggestion[] }> {
  const asked: (readonly [string, string, string])[] = []
  let suggested: readonly Suggestion[] = []
  const tools: TriageTools = {
    queue: {
      claim: async () => [], release: async () => undefined, done: async () => undefined, waiting: async () => 0, shown: async () => shown,
      asked: async () => new Map([['k1', { episode: 2, tries }], ['k2', { episode: 1, tries: [] }]]),
      suggest: async (_, suggestions) => void (suggested = suggestions),
    },
    planner: async () => ({
      match: async () => ({ fits: fits.map(([id, problemKey]) => ({ runbook: book(id), problem: { problemKey }, why: ['it fits'] })), suggested: named.map(book) }),
      plan: async ({ runbook }) => {
        const code = refused[runbook.id]
        return code === undefined ? { kind: 'planned', plan: PLAN } : { kind: 'refused', code, why: 'no', plan: { ...PLAN, candidates: code === 'target_ambiguous' ? [MACHINE] : [] }, isPassing }
      },
    }),
    modeOf: async () => 'production', riskOf: async () => ({ risk }) => risk, newId: () => 'r1', nowMs: () => nowMs,
    create: async ({ runbook, problemKey }: AskedRun, key) => void asked.push([runbook.id, problemKey, key]),
  }
  return { answer: await triage(tools, INCIDENT), asked, suggested }
}

describe('triage', () => {
  it('asks for one run a problem, by the best runbook that fits', async () => {
    expect((await look({ fits: [['logs', 'k1'], ['temp', 'k1'], ['restart', 'k2']] })).asked).toEqual([['logs', 'k1', 'auto:2:production:logs:k1'], ['restart', 'k2', 'auto:1:production:restart:k2']])
  })

  it('waits for the projection, and leaves incidents that are over alone', async () => {
    expect(await look({ shown: 'behind' })).toEqual({ answer: 'behind', asked: [], suggested: [] })
    expect(await look({ shown: null })).toEqual({ answer: 'done', asked: [], suggested: [] })
  })

  it.each([
    ['while the first is at work', [{ runbookId: 'logs', status: 'running', code: null }], []],
    ['while the first waits for a yes', [{ runbookId: 'logs', status: 'awaiting_approval', code: null }], []],
    ['after the first broke off', [{ runbookId: 'logs', status: 'failed', code: 'step_failed' }], []],
    ['after somebody said no', [{ runbookId: 'logs', status: 'refused', code: 'approval_refused' }], []],
    ['after nobody could tell what was sent', [{ runbookId: 'logs', status: 'failed', code: 'send_unknown' }], []],
    ['after it did not help', [{ runbookId: 'logs', status: 'failed', code: 'not_verified' }], ['temp']],
    ['after the script had nothing to do there', [{ runbookId: 'logs', status: 'failed', code: 'step_refused' }], ['temp']],
    ['after it only reported', [{ runbookId: 'logs', status: 'succeeded', code: null }], ['temp']],
    ['after three', [{ runbookId: 'a', status: 'failed', code: 'not_verified' }, { runbookId: 'b', status: 'failed', code: 'not_verified' }, { runbookId: 'c', status: 'rolled_back', code: 'not_verified' }], []],
  ] as const)('asks for the next runbook only where the one before did no harm: %s', async (_, tries, expected) => {
    expect((await look({ tries })).asked.map(([id]) => id)).toEqual(expected)
  })

  it('goes on to the next runbook where one cannot be planned, and says why', async () => {
    const { asked, suggested } = await look({ refused: { logs: 'target_unknown' }, named: ['named'] })
    expect(asked.map(([id]) => id)).toEqual(['temp'])
    expect(suggested.map(({ id, fits, refusal }) => [id, fits, refusal?.code ?? null])).toEqual([['logs', true, 'target_unknown'], ['temp', true, null], ['named', false, null]])
  })

  it.each(['target_unknown', 'target_ambiguous'] as const)('looks again later where a cloud did not answer (%s), with no runbook of second choice meanwhile and nobody asked, but does what it can for other problems', async (code) => {
    const { answer, asked, suggested } = await look({ fits: [['logs', 'k1'], ['temp', 'k1'], ['restart', 'k2']], refused: { logs: code }, isPassing: true })
    expect([answer, asked.map(([id]) => id)]).toEqual(['later', ['restart']])
    expect(suggested.map(({ id, refusal }) => [id, refusal?.why ?? null])).toEqual([['logs', 'no'], ['temp', null], ['restart', null]])
  })

  it('waits no longer than a quarter of an hour for a cloud that does not answer', async () => {
    expect(await look({ refused: { logs: 'target_unknown' }, isPassing: true, nowMs: INCIDENT.firstAtMs + 900_000 })).toMatchObject({ answer: 'done', asked: [['temp', 'k1', expect.anything()]] })
  })

  it('has people asked which machine is meant', async () => {
    expect((await look({ refused: { logs: 'target_ambiguous' } })).asked.map(([id]) => id)).toEqual(['logs'])
  })
})
