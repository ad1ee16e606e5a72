/** Puts the material of an incident into a question: bounded, redacted, with short ids in the place of real ones, and fenced off as data. */
import { createHash } from 'node:crypto'
import { looksLikeOrders } from './orders.ts'
import type { Material } from './material.ts'
import { Redactor } from './redact.ts'

/** A question, and what is needed to read its answer. */
export interface Question {
  readonly prompt: string
  /** Short id to the real one. */
  readonly alerts: ReadonlyMap<string, string>
  readonly incidents: ReadonlyMap<string, string>
  readonly redactor: Redactor
  /** Some of the text tries to give orders; advice made from it is shown and not followed. */
  readonly hasOrders: boolean
  /** Things hidden from the model. */
  readonly hiddenCount: number
}

const PROBLEMS_MAX = 40
const OTHERS_MAX = 10
const LABELS_MAX = 8
const CHARS = { title: 200, message: 400, label: 120, name: 120, reason: 300 }

/** Asks about an incident. `fence` is a word strangers cannot know. */
export function questionOf(material: Material, fence: string): Question {
  const { incident } = material
  const problems = material.problems.slice(0, PROBLEMS_MAX)
  const others = material.others.slice(0, OTHERS_MAX)
  const redactor = new Redactor(material.redaction)
  redactor.knowHosts([...problems.flatMap(({ asset }) => asset ?? []), ...incident.assets, ...(incident.rootCause === null ? [] : [incident.rootCause.asset]), ...others.flatMap(({ assets }) => assets)])
  const text = (given: string, maxChars: number): string => redactor.text(given, maxChars)
  const seconds = (atMs: number): number => Math.round((atMs - incident.openedAtMs) / 1_000)
  const data = {
    incident: {
      title: text(incident.title, CHARS.title), status: incident.status, severity: incident.severity, alerts: incident.alertCount, problems: incident.problemCount,
      assets: incident.assetCount, tools: incident.sources.map((source) => text(source, CHARS.name)), seconds: seconds(incident.updatedAtMs),
    },
    rules: {
      findings: incident.findings.map(({ kind, confidence, reason }) => ({ kind, confidence, reason: text(reason, CHARS.reason) })),
      rootCause: incident.rootCause === null ? null : { asset: text(incident.rootCause.asset, CHARS.name), confidence: incident.rootCause.confidence, reason: text(incident.rootCause.reason, CHARS.reason) },
      category: incident.classification === null ? null : { name: text(incident.classification.category, CHARS.name), confidence: incident.classification.confidence },
    },
    alerts: problems.map((problem, index) => ({
      id: `a${index + 1}`, asset: problem.asset === null ? null : text(problem.asset, CHARS.name), check: problem.signature === null ? null : text(problem.signature, CHARS.title), severity: problem.severity,
      status: problem.status, tool: text(problem.source, CHARS.name), second: seconds(problem.firstAtMs), count: problem.count, title: text(problem.title, CHARS.title),
      message: text(problem.message, CHARS.message), labels: redactor.labels(fewLabels(problem.labels), CHARS.label),
    })),
    alertsNotShown: Math.max(0, incident.problemCount - problems.length),
    otherIncidents: others.map((other, index) => ({
      id: `i${index + 1}`, title: text(other.title, CHARS.title), severity: other.severity, assets: other.assets.slice(0, 5).map((asset) => text(asset, CHARS.name)), second: seconds(other.openedAtMs),
    })),
    categories: material.categories,
    runbooks: material.runbooks,
  }
  const strangers = [...problems.flatMap((problem) => [problem.title, problem.message, problem.signature ?? '', problem.asset ?? '', ...Object.entries(problem.labels).flat()]), incident.title, ...others.map(({ title }) => title)]
  return {
    prompt: fenced(redactor.sweep(JSON.stringify(data)), fence),
    alerts: new Map(problems.map((problem, index) => [`a${index + 1}`, problem.alertId])),
    incidents: new Map(others.map((other, index) => [`i${index + 1}`, other.incidentId])),
    redactor, hasOrders: strangers.some(looksLikeOrders), hiddenCount: redactor.hiddenCount,
  }
}

/** A fence for one analysis: the same for the same analysis, and not to be guessed from outside. */
export function fenceOf(secret: string): string {
  return createHash('sha256').update(`fence\n${secret}`).digest('hex').slice(0, 16)
}

/** JSON leaves a text no way out of its quotation marks; without `<` and `>` it cannot even look like a marker. */
function fenced(json: string, fence: string): string {
  const data = json.replace(/[<>&\u007f-\u{10ffff}]/gu, (character) => [...new Array(character.length).keys()].map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''))
  return `<data ${fence}>\n${data}\n</data ${fence}>`
}

function fewLabels(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, LABELS_MAX))
}
