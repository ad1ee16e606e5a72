/** Reads a model's answer: what it says of things that are not in the question is dropped and counted, what it says in words is cleaned, and nothing of it has power. */
import { Ajv } from 'ajv'
import { AppError } from '../../schemas/errors.ts'
import { cleanText } from './clean.ts'
import type { Material } from './material.ts'
import { ANSWER_SCHEMA } from './prompts.ts'
import type { Question } from './question.ts'

/** A model's answer, as its schema has it. */
export interface RawAnswer {
  readonly summary: string
  readonly pattern: 'cascade' | 'storm' | 'periodic' | 'none'
  readonly patternConfidence: number
  readonly rootCause: { readonly asset: string; readonly reason: string; readonly confidence: number; readonly evidence: readonly string[] }
  readonly category: string
  readonly confidence: number
  readonly nextSteps: readonly string[]
  readonly runbooks: readonly string[]
  readonly merges: readonly { readonly incident: string; readonly reason: string; readonly confidence: number }[]
  readonly severity: { readonly advice: 'keep' | 'critical' | 'high' | 'medium' | 'low' | 'info'; readonly reason: string; readonly confidence: number }
}

/** What is stored and shown of an answer. Confidences are 0 to 1. */
export interface Analysis {
  readonly summary: string
  readonly confidence: number
  /** The pattern the model sees beside the one the rules found (null: none), and whether they agree. */
  readonly pattern: { readonly name: RawAnswer['pattern']; readonly confidence: number; readonly rules: string | null; readonly rulesConfidence: number | null; readonly agrees: boolean }
  readonly rootCause: { readonly asset: string | null; readonly reason: string; readonly confidence: number; readonly alertIds: readonly string[]; readonly rulesAsset: string | null; readonly agrees: boolean | null }
  readonly category: string | null
  readonly nextSteps: readonly string[]
  /** Ids of the library only. */
  readonly runbooks: readonly string[]
  /** For a person to accept with POST /api/incidents/{id}/merge; never done by itself. */
  readonly mergeProposals: readonly { readonly incidentId: string; readonly reason: string; readonly confidence: number }[]
  readonly severityAdvice: { readonly severity: string; readonly confidence: number; readonly reason: string } | null
  /** False: alert text tried to give orders, so advice is shown and not followed. */
  readonly isTrusted: boolean
  /** What the model said of things that are not there, by kind, and links and markup taken out of its words. */
  readonly dropped: Readonly<Record<'alerts' | 'assets' | 'categories' | 'runbooks' | 'incidents' | 'markup', number>>
}

const CHARS = { summary: 1_500, reason: 600, step: 300 }
const MOST = { steps: 5, runbooks: 3, merges: 5, evidence: 20 }
const PATTERNS: readonly string[] = ['cascade', 'storm', 'periodic']

const fits = new Ajv({ strict: false, allErrors: false }).compile<RawAnswer>(ANSWER_SCHEMA)

/** The answer as its type. Throws `llm_invalid_output` where it does not fit the schema. */
export function rawAnswer(json: unknown): RawAnswer {
  if (!fits(json)) throw new AppError('llm_invalid_output', `the answer does not fit its schema${fits.errors?.[0] === undefined ? '' : `: ${fits.errors[0].instancePath} ${fits.errors[0].message ?? ''}`}`)
  return json
}

/** Judges an answer against its question. An answer out of the cache was made for another incident of the same shape, so it may propose no merges. */
export function readAnswer(raw: RawAnswer, question: Question, material: Material, options: { readonly isCached: boolean }): Analysis {
  const dropped = { alerts: 0, assets: 0, categories: 0, runbooks: 0, incidents: 0, markup: 0 }
  const words = (given: string, maxChars: number): string => {
    const { text, removed } = cleanText(given, maxChars)
    dropped.markup += removed
    return question.redactor.restore(text)
  }
  const known = <T>(kind: 'alerts' | 'runbooks' | 'incidents', given: readonly T[], find: (one: T) => string | undefined, most: number): { one: T; id: string }[] => {
    const found: { one: T; id: string }[] = []
    for (const one of given) {
      const id = find(one)
      if (id === undefined) dropped[kind] += 1
      else if (found.length < most && !found.some((other) => other.id === id)) found.push({ one, id })
    }
    return found
  }
  const { incident } = material
  const asset = assetOf(raw.rootCause.asset, question, material)
  if (asset === null && raw.rootCause.asset.trim() !== '') dropped.assets += 1
  const category = material.categories.find((name) => name.toLowerCase() === raw.category.trim().toLowerCase()) ?? null
  if (category === null && raw.category.trim() !== '') dropped.categories += 1
  const finding = incident.findings.filter(({ kind }) => PATTERNS.includes(kind)).reduce<Material['incident']['findings'][number] | null>((best, one) => (best === null || one.confidence > best.confidence ? one : best), null)
  const merges = known('incidents', options.isCached ? [] : raw.merges, ({ incident: id }) => question.incidents.get(id.trim()), MOST.merges)
  const advice = raw.severity.advice === 'keep' || raw.severity.advice === incident.severity ? null : raw.severity
  return {
    summary: words(raw.summary, CHARS.summary),
    confidence: unit(raw.confidence),
    pattern: { name: raw.pattern, confidence: unit(raw.patternConfidence), rules: finding?.kind ?? null, rulesConfidence: finding?.confidence ?? null, agrees: (finding?.kind ?? 'none') === raw.pattern },
    rootCause: {
      asset, reason: words(raw.rootCause.reason, CHARS.reason), confidence: asset === null ? 0 : unit(raw.rootCause.confidence),
      alertIds: known('alerts', raw.rootCause.evidence, (id) => question.alerts.get(id.trim()), MOST.evidence).map(({ id }) => id),
      rulesAsset: incident.rootCause?.asset ?? null, agrees: incident.rootCause === null || asset === null ? null : sameName(incident.rootCause.asset, asset),
    },
    category,
    nextSteps: raw.nextSteps.slice(0, MOST.steps).map((step) => words(step, CHARS.step)).filter((step) => step !== ''),
    runbooks: known('runbooks', raw.runbooks, (id) => material.runbooks.find((runbook) => runbook.id === id.trim())?.id, MOST.runbooks).map(({ id }) => id),
    mergeProposals: merges.map(({ one, id }) => ({ incidentId: id, reason: words(one.reason, CHARS.reason), confidence: unit(one.confidence) })),
    severityAdvice: advice === null ? null : { severity: advice.advice, confidence: unit(advice.confidence), reason: words(advice.reason, CHARS.reason) },
    isTrusted: !question.hasOrders,
    dropped,
  }
}

/** Only an asset that stands in the question. */
function assetOf(named: string, question: Question, { incident, problems }: Material): string | null {
  const name = question.redactor.originalOf(named) ?? named.trim()
  const assets = [...problems.flatMap(({ asset }) => asset ?? []), ...incident.assets, ...(incident.rootCause === null ? [] : [incident.rootCause.asset])]
  return assets.find((asset) => sameName(asset, name)) ?? null
}

const sameName = (a: string, b: string): boolean => a.trim().toLowerCase() === b.trim().toLowerCase()
/** A confidence a model gave, from 0 to 1; what is none is 0. */
const unit = (value: number): number => (value >= 0 && value <= 1 ? value : 0)
