/** What a ticket has not been told yet of its incident: how far it has grown, what was found out, what ran, what waits for a person. */
import type { PersonNote, TicketFacts, Told } from '../../schemas/ticket-sync.ts'
import { approvalLines, causeLines, runLine } from '../templates/ticket-text.ts'
import { clock, counted, line, percent } from '../templates/words.ts'

/** One thing to say, and what is told once it was said. */
export interface News {
  readonly lines: readonly string[]
  readonly told: Partial<Told>
  /** A person waits for it, or has to know now. */
  readonly isUrgent: boolean
  /** Fit for the client's eyes. */
  readonly isPublic: boolean
}

/** Things remembered as told at most, the newest ones. */
const KEPT = 60
const BULLET = '- '

/** Whether a count has passed the next power of two since it was told. */
export function hasDoubled(count: number, told: number): boolean {
  return Math.floor(Math.log2(Math.max(1, count))) > Math.floor(Math.log2(Math.max(1, told)))
}

/** Adds to what was told, without growing for ever. */
export function kept(told: readonly string[], added: readonly string[]): string[] {
  return [...told.filter((one) => !added.includes(one)), ...added].slice(-KEPT)
}

/** Everything new, in the order it is said. */
export function newsOf(facts: TicketFacts, told: Told, publicUrl: string): readonly News[] {
  return [...refusals(facts, told), ...approvals(facts, told, publicUrl), ...runs(facts, told), ...growth(facts, told), ...insight(facts, told)]
}

/** What a person wrote here, with who they are: their own lines stay lines. */
export function personLines({ author, text }: PersonNote): readonly string[] {
  const [first = '', ...more] = text.trim().split(/\r?\n/).map((one) => line(one, text.length))
  return [`${line(author, 120)} wrote: ${first}`, ...more]
}

function growth({ alertCount, problemCount, openProblemCount, assetCount, severity, updatedAtMs }: TicketFacts, told: Told): News[] {
  if (!hasDoubled(alertCount, told.alertCount) && !hasDoubled(problemCount, told.problemCount)) return []
  return [{
    lines: [`It goes on: ${counted(alertCount, 'alert')} of ${counted(problemCount, 'problem')} on ${counted(assetCount, 'asset')} so far, ${openProblemCount} still open, severity ${severity}, last ${clock(updatedAtMs)}.`],
    told: { alertCount, problemCount }, isUrgent: false, isPublic: true,
  }]
}

function insight({ findings, rootCause, analysis, runbooks }: TicketFacts, told: Told): News[] {
  const patterns = findings.map(({ kind }) => kind)
  const isNewCause = rootCause !== null && rootCause.asset !== told.rootCause
  const isNewPattern = patterns.some((kind) => !told.patterns.includes(kind))
  const isNewAnalysis = analysis !== null && analysis.id !== told.analysisId
  const fresh = runbooks.filter(({ id }) => !told.runbooks.includes(id))
  if (!isNewCause && !isNewPattern && !isNewAnalysis && fresh.length === 0) return []
  return [{
    lines: [
      ...(isNewCause || isNewPattern ? causeLines(findings, rootCause, 'Pattern and probable cause:', BULLET) : []),
      ...(isNewAnalysis ? ['Explanation (a machine’s guess, to be checked):', `${BULLET}${line(analysis.summary, 2_000)}`, ...analysis.nextSteps.slice(0, 5).map((step) => `${BULLET}Next: ${line(step, 300)}`), ...(analysis.confidence === null ? [] : [`Sure to ${percent(analysis.confidence)}.`])] : []),
      ...(fresh.length === 0 ? [] : ['Suggested runbooks:', ...fresh.slice(0, 5).map(({ id, summary, risk }) => `${BULLET}${line(id, 120)}: ${line(summary, 200)} (risk ${line(risk, 20)})`)]),
    ],
    told: { rootCause: rootCause?.asset ?? told.rootCause, patterns: kept(told.patterns, patterns), analysisId: analysis?.id ?? told.analysisId, runbooks: kept(told.runbooks, runbooks.map(({ id }) => id)) },
    isUrgent: false, isPublic: false,
  }]
}

function runs({ runs: all }: TicketFacts, told: Told): News[] {
  const ended = all.filter(({ id, endedAtMs }) => endedAtMs !== null && !told.runs.includes(id))
  if (ended.length === 0) return []
  return [{ lines: ended.map((run) => `${runLine(run)}.`), told: { runs: kept(told.runs, ended.map(({ id }) => id)) }, isUrgent: false, isPublic: false }]
}

function approvals(facts: TicketFacts, told: Told, publicUrl: string): News[] {
  const fresh = facts.approvals.filter(({ id }) => !told.approvals.includes(id))
  if (fresh.length === 0) return []
  return [{ lines: ['Waits for a decision:', ...approvalLines({ approvals: fresh }, publicUrl, BULLET)], told: { approvals: kept(told.approvals, fresh.map(({ id }) => id)) }, isUrgent: true, isPublic: false }]
}

function refusals({ refused }: TicketFacts, told: Told): News[] {
  const fresh = refused.filter(({ commandId }) => !told.refusals.includes(commandId))
  if (fresh.length === 0) return []
  return [{ lines: fresh.map(({ action, message }) => `What was done here was not taken over (${line(action, 30)}): ${line(message, 300)}.`), told: { refusals: kept(told.refusals, fresh.map(({ commandId }) => commandId)) }, isUrgent: true, isPublic: false }]
}
