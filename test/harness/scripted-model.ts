/** A language model that says what a test tells it to: per call, streamed in pieces, and never more than one test's script. */
import type { RawAnswer } from '../../correlator/analyst/answer.ts'
import type { Model, ModelAnswer, ModelRequest } from '../../correlator/analyst/model/port.ts'
import { isAborted } from '../../schemas/clock.ts'

/** The data of a question, as a test reads it. */
export interface AskedData {
  incident: { title: string; severity: string; alerts: number }
  rules: { findings: { kind: string }[] }
  alerts: { id: string; asset: string | null; title: string; message: string; labels: Record<string, string> }[]
  otherIncidents: { id: string; title: string }[]
  categories: string[]
  runbooks: { id: string }[]
}

/** Everything that is said of an incident when nothing needs to be said. */
export const PLAIN_ANSWER: RawAnswer = {
  summary: 'Something failed.', pattern: 'none', patternConfidence: 0.5, rootCause: { asset: '', reason: '', confidence: 0, evidence: [] }, category: '', confidence: 0.9, nextSteps: [], runbooks: [], merges: [],
  severity: { advice: 'keep', reason: '', confidence: 0 },
}

/** The JSON a question carries. */
export function dataOf(request: Pick<ModelRequest, 'prompt'>): AskedData {
  const [, , json] = /^<data (\w+)>\n([\s\S]*)\n<\/data \1>$/.exec(request.prompt) ?? []
  if (json === undefined) throw new Error(`the question is not fenced: ${request.prompt.slice(0, 200)}`)
  return JSON.parse(json) as AskedData
}

type Script = (data: AskedData, request: ModelRequest, call: number) => Partial<RawAnswer> | Error | Promise<Partial<RawAnswer> | Error>

/** Answers by its script; each call costs 1,000 tokens in and 100 out at 700 millionths. */
export class ScriptedModel implements Model {
  readonly asked: ModelRequest[] = []
  script: Script
  costMicroUsd: number | null = 700

  constructor(script: Script = () => ({})) {
    this.script = script
  }

  async ask(request: ModelRequest): Promise<ModelAnswer> {
    this.asked.push(request)
    const said = await this.script(dataOf(request), request, this.asked.length)
    if (request.signal !== undefined && isAborted(request.signal)) throw request.signal.reason
    if (said instanceof Error) throw said
    const json = { ...PLAIN_ANSWER, ...said }
    const text = JSON.stringify(json)
    for (let at = 0; at < text.length; at += 7) request.onText?.(text.slice(at, at + 7))
    return { text, json, provider: 'openai', model: `scripted-${request.tier}`, inputTokens: 1_000, outputTokens: 100, cachedInputTokens: 0, costMicroUsd: this.costMicroUsd, latencyMs: 5, repaired: false }
  }

  state(): ReturnType<Model['state']> {
    return [{ provider: 'openai', condition: 'ready', models: { cheap: 'scripted-cheap', strong: 'scripted-strong' }, failures: 0, retryAtMs: null, lastError: null }]
  }
}
