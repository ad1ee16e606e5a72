/** Reads what a script told: the last line of its output, made by the functions of shell/lib.sh and shell/lib.ps1. */
import type { ScriptResult } from '../../schemas/runs.ts'

/** How a script ended by its own words; `no_result` where it told nothing that can be read. */
export interface ReadResult {
  readonly outcome: 'ok' | 'failed' | 'refused' | 'repeated' | 'no_result'
  readonly result: ScriptResult | null
}

const OUTCOMES = ['ok', 'failed', 'refused', 'repeated'] as const
const NOTHING: ReadResult = { outcome: 'no_result', result: null }
const CHANGED_MAX = 50
const FACTS_MAX = 50
const FACT_NAME = /^[A-Za-z][A-Za-z0-9]{0,39}$/

/**
 * Reads a script's result out of its standard output. Only the last line that is not empty counts, so nothing a script shows of the machine, such as a file's name,
 * can pass for one. A script that says `ok` and ends with another exit code than 0 failed; `exitCode` null (the cloud does not tell it) is no contradiction.
 */
export function readResult(stdout: string, exitCode: number | null): ReadResult {
  const line = lastLine(stdout)
  if (!line.startsWith('{"aw":1,') || line.length > 65_536) return NOTHING
  const result = parse(line)
  if (result === null) return NOTHING
  if (result.outcome !== 'ok' || exitCode === null || exitCode === 0) return { outcome: result.outcome, result }
  return { outcome: 'failed', result: { ...result, outcome: 'failed', code: 'exit_code', message: `The script says "${result.message}" and ended with exit code ${exitCode}.` } }
}

function lastLine(stdout: string): string {
  const text = stdout.trimEnd()
  return text.slice(text.lastIndexOf('\n') + 1).trim()
}

function parse(line: string): ScriptResult | null {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return null
  }
  if (typeof value !== 'object' || value === null) return null
  const { outcome, code, message, changed, changedCount, facts } = value as Partial<Record<keyof ScriptResult, unknown>>
  const known = OUTCOMES.find((one) => one === outcome)
  if (known === undefined || typeof message !== 'string' || !Array.isArray(changed)) return null
  const texts = changed.filter((one) => typeof one === 'string').slice(0, CHANGED_MAX)
  const count = typeof changedCount === 'number' && Number.isSafeInteger(changedCount) && changedCount >= 0 ? changedCount : 0
  return { outcome: known, code: typeof code === 'string' && code !== '' ? code : null, message, changed: texts, changedCount: Math.max(count, texts.length), facts: readFacts(facts) }
}

function readFacts(facts: unknown): ScriptResult['facts'] {
  if (typeof facts !== 'object' || facts === null) return {}
  const entries = Object.entries(facts).filter((entry): entry is [string, string | number | boolean] => FACT_NAME.test(entry[0]) && ['string', 'number', 'boolean'].includes(typeof entry[1]))
  return Object.fromEntries(entries.slice(0, FACTS_MAX))
}
