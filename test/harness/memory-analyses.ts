/** The analyst's store in memory, for tests whose subject is what is asked and made of the answer. */
import type { Material } from '../../correlator/analyst/material.ts'
import type { AnalysisStore, Ending } from '../../correlator/analyst/ports.ts'
import { makeAnalyst } from '../../correlator/analyst/analyst.ts'
import { readPrompt } from '../../correlator/analyst/prompts.ts'
import type { ScriptedModel } from './scripted-model.ts'

/** Analyses one incident with a scripted model; answers how it ended. */
export async function analyseOnce(material: Material, model: ScriptedModel): Promise<Ending> {
  let ended: Ending | null = null
  const store: AnalysisStore = {
    claim: async () => [], material: async () => material, release: async () => undefined, drop: async () => undefined, reserve: async () => true, cached: async () => null, sweep: async () => 0,
    begin: async () => ({ begun: { kind: 'begun', analysisId: 'a' }, alert: null }), queue: async () => ({ waiting: 0, skipped: 0 }),
    end: async (_id, _material, ending) => {
      ended = ending
      return null
    },
  }
  const analyst = makeAnalyst({
    store, model, prompt: readPrompt('incident'), runbooks: { list: async () => material.runbooks }, categoriesOf: async () => material.categories, whyNot: async () => null, priceOf: () => null, tell: () => undefined,
    metrics: { ended() {}, spent() {}, cache() {}, queue() {}, budget() {} }, logger: { info() {}, warn() {} }, monotonicMs: () => 0,
  })
  await analyst({ incidentId: material.incident.incidentId, companyId: material.incident.companyId, why: 'critical' }, new AbortController().signal)
  if (ended === null) throw new Error('the analysis did not end')
  return ended
}

/** Material of one incident with one problem; a test says only what it is about. */
export function material(changes: { incident?: Partial<Material['incident']>; problem?: Partial<Material['problems'][number]> } & Partial<Omit<Material, 'incident'>> = {}): Material {
  const { incident, problem, ...rest } = changes
  return {
    incident: {
      incidentId: 'inc_1', companyId: 'acme', version: 1, title: 'disk full on web-1', status: 'open', severity: 'medium', openedAtMs: 1_000_000, updatedAtMs: 1_060_000, alertCount: 8, problemCount: 1, assetCount: 1,
      assets: ['web-1'], sources: ['zabbix'], assignee: null, findings: [], rootCause: null, classification: null, ...incident,
    },
    problems: [{
      alertId: 'alert-real-1', asset: 'web-1', signature: 'disk', source: 'zabbix', severity: 'medium', status: 'firing', title: 'disk full', message: '97 % used on /var', labels: { mount: '/var' }, count: 8, firstAtMs: 1_000_000, ...problem,
    }],
    others: [
      { incidentId: 'inc_2', title: 'backup failed on nas-1', severity: 'high', assets: ['nas-1'], openedAtMs: 990_000 },
      { incidentId: 'inc_3', title: 'ping lost on sw-1', severity: 'low', assets: ['sw-1'], openedAtMs: 1_010_000 },
    ],
    categories: ['disk_cleanup', 'network'], runbooks: [{ id: 'clean-disk', summary: 'Free temporary space.' }], redaction: { hidesHosts: true }, ...rest,
  }
}
