/** JSON schema of an explanation; the TypeScript form stands in schemas/explain-view.ts. */
import { answer, anything, dictionary, flag, list, nullable, number, text, time, whole } from './json-schema.ts'
import { TRIAL } from './rule-answers.ts'

const FEATURES = list(answer({ name: text(), value: number(), weight: number(), detail: text() }))
const NAMED = { problemKey: text(), title: nullable(text()), asset: nullable(text()) }

/** The whole decision of one alert. */
export const EXPLANATION = answer({
  id: text(), companyId: text(),
  delivery: nullable(answer({ id: text(), element: whole(), receivedAt: time(), source: text(), integrationId: text(), integration: nullable(text()) })),
  normalised: nullable(answer({
    by: text({ enum: ['mapping', 'adapter', 'recogniser', 'program'] }), how: text(),
    alert: answer({
      externalId: nullable(text()), asset: nullable(text()), signature: nullable(text()), severity: nullable(text()), status: nullable(text()), title: nullable(text()), message: nullable(text()),
      startsAt: nullable(time()), labels: dictionary(text()),
    }),
  })),
  fate: anything({ description: 'what became of it, and what came before, as in the receipt of its delivery' }),
  problem: nullable(answer({ key: text(), title: text(), status: text(), severity: text(), episode: whole(), alertCount: whole(), firstAt: time(), isPresentEpisode: flag() })),
  suppression: anything({ description: 'what keeps it quiet now' }),
  incident: anything({ description: 'null where there is none, or where you may not see it' }),
  decision: nullable(answer({
    sentence: text(), rule: text(), ruleId: nullable(text()), score: number(), threshold: number(), features: FEATURES, with: nullable(answer(NAMED)),
    considered: list(answer({ ...NAMED, incident: anything(), score: number(), reason: text() }), { description: 'the best others, and why it did not join them' }),
  })),
  rules: nullable(answer({
    revision: whole(), mspRevision: whole(), companyRevision: whole(), savedAt: nullable(time()), asked: whole(), matched: list(TRIAL),
    nearest: { type: ['array', 'null'], items: TRIAL, description: 'rules that lacked least, with the clauses that failed; null where your role does not read settings' },
  })),
  settings: nullable(answer({ revision: whole(), since: time(), presentRevision: whole(), windowMs: whole(), maxLifeMs: whole(), joinThreshold: number(), weights: dictionary(number()) })),
})
