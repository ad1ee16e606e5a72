/** The title and the text a ticket is opened with: an incident, explained, in the form its PSA wants. Bounded, and hostile text stays text. */
import type { TicketFacts, TicketProblem } from '../../schemas/ticket-sync.ts'
import { approvalCodeOf } from '../sync/identity.ts'
import { start } from '../text.ts'
import type { Part, TicketTemplate } from './templates.ts'
import { clock, counted, line, percent, span } from './words.ts'

/** What the text tells beside the facts. */
export interface TextExtras {
  readonly externalRef: string
  /** Base of addresses of ours, without a slash at its end. */
  readonly publicUrl: string
  /** What an earlier ticket of the same problem is called. */
  readonly earlier: { readonly number: string; readonly url: string | null } | null
  /** Tickets that the incident had in other systems; absent: none. */
  readonly elsewhere?: readonly { readonly number: string; readonly url: string | null }[]
  /** The ticket of the storm it stands in. */
  readonly storm: { readonly number: string; readonly url: string | null } | null
}

const PRIORITIES = ['', 'most urgent', 'urgent', 'usual', 'low', 'lowest']
const NAME_MAX = 120
const SENTENCE_MAX = 500
const ASSETS_MAX = 15

/** Title and text. */
export function ticketText(template: TicketTemplate, facts: TicketFacts, extras: TextExtras): { readonly title: string; readonly text: string } {
  const tail = tailOf(extras.externalRef)
  const whole = (problems: number): string => template.parts.map((part) => PART_LINES[part](template, facts, extras, problems)).filter((lines) => lines.length > 0).map((lines) => lines.join('\n')).join('\n\n')
  let text = whole(template.problemsMax)
  // The list of problems gives way first: it is on the page of the incident too.
  for (let problems = template.problemsMax - 1; problems >= 0 && text.length + tail.length + 2 > template.textMax; problems -= 1) text = whole(problems)
  const room = template.textMax - tail.length - 2
  return { title: titleOf(template, facts), text: `${text.length <= room ? text : `${start(text, room - 40).trimEnd()}\n[cut; the rest is behind the link]`}\n\n${tail}` }
}

const tailOf = (externalRef: string): string => `Reference ${externalRef}. Written by Alert Whisperer.`

/** Whether this is the text the ticket of that reference was opened with, as PSAs that show it as its first comment tell it. An answer by mail quotes it below or above its own words, and is none. */
export function isTicketText(text: string, externalRef: string): boolean {
  const plain = text.trim()
  return /^Incident \d+ of /.test(plain) && plain.endsWith(tailOf(externalRef))
}

/** The title alone. */
export function titleOf(template: TicketTemplate, { severity, title, number }: Pick<TicketFacts, 'severity' | 'title' | 'number'>): string {
  return line(template.title({ severity, title: line(title, 300), number }), template.titleMax)
}

/** Where the incident is shown. */
export function incidentUrl(publicUrl: string, incidentId: string): string {
  return `${publicUrl}/#/incidents/${encodeURIComponent(incidentId)}`
}

/** How an answer is given: by the page, or in the ticket itself where a code is enough. */
export function approvalLines(facts: Pick<TicketFacts, 'approvals'>, publicUrl: string, bullet: string): string[] {
  return facts.approvals.flatMap(({ id, runId, runbookId, summary, risk, question, reason, expiresAtMs }) => {
    const code = approvalCodeOf(id)
    return [
      `${bullet}${question === 'target' ? 'Which machine is meant' : 'May this run'}: ${line(summary, 200)} (${line(runbookId, NAME_MAX)}, risk ${line(risk, 20)}), until ${clock(expiresAtMs)}. ${line(reason, 300)}`,
      `  Decide: ${publicUrl}/#/runs/${encodeURIComponent(runId)}`,
      ...(question === 'target' ? [] : [`  or, logged in to this system, write a comment of one line: approve ${code}, or: refuse ${code}`]),
    ]
  })
}

type PartLines = (template: TicketTemplate, facts: TicketFacts, extras: TextExtras, problems: number) => readonly string[]

const PART_LINES: Readonly<Record<Part, PartLines>> = {
  facts: (_template, { companyName, number, severity, priority, openedAtMs, category, status }) => [
    `Incident ${number} of ${line(companyName, NAME_MAX)}`,
    `Priority: ${priority} (${PRIORITIES[priority] ?? 'usual'}), severity ${severity}, ${status.replace('_', ' ')}`,
    `Opened: ${clock(openedAtMs)}`,
    ...(category === null ? [] : [`Kind: ${line(category, NAME_MAX)}`]),
  ],
  assets({ heading, bullet }, { assets, assetCount }) {
    if (assets.length === 0) return []
    const shown = assets.slice(0, ASSETS_MAX)
    return [heading(`Affected assets (${assetCount})`), ...shown.map((asset) => `${bullet}${line(asset, NAME_MAX)}`), ...(assetCount > shown.length ? [`${bullet}and ${assetCount - shown.length} more`] : [])]
  },
  what_happened({ heading, bullet }, { alertCount, problemCount, openProblemCount, sources, problems, openedAtMs, updatedAtMs }, _extras, most) {
    const last = problems.reduce((newest, { lastAtMs }) => Math.max(newest, lastAtMs), updatedAtMs)
    const first = problems.reduce((oldest, { firstAtMs }) => Math.min(oldest, firstAtMs), openedAtMs)
    const shown = problems.slice(0, most)
    return [
      heading('What happened'),
      `${counted(alertCount, 'alert')} of ${counted(problemCount, 'problem')}, ${openProblemCount} still open; first ${clock(first)}, last ${clock(last)}`,
      ...(sources.length === 0 ? [] : [`Told by ${sources.slice(0, 8).map((source) => line(source, 40)).join(', ')}`]),
      ...shown.map((problem) => `${bullet}${problemLine(problem)}`),
      ...(problemCount > shown.length ? [`${bullet}and ${problemCount - shown.length} more`] : []),
    ]
  },
  cause: ({ heading, bullet }, { findings, rootCause }) => causeLines(findings, rootCause, heading('Pattern and probable cause'), bullet),
  explanation({ heading, bullet }, { analysis }) {
    if (analysis === null) return []
    return [
      heading('Explanation (a machine’s guess, to be checked)'), `${bullet}${line(analysis.summary, 2_000)}`,
      ...analysis.nextSteps.slice(0, 5).map((step) => `${bullet}Next: ${line(step, 300)}`),
      `Written by ${analysis.model === null ? 'a language model' : line(analysis.model, 60)}${analysis.confidence === null ? '' : `, sure to ${percent(analysis.confidence)}`}`,
    ]
  },
  runbooks({ heading, bullet }, { runbooks }) {
    if (runbooks.length === 0) return []
    return [heading('Suggested runbooks'), ...runbooks.slice(0, 5).map(({ id, summary, risk, fits }) => `${bullet}${line(id, NAME_MAX)}: ${line(summary, 200)} (risk ${line(risk, 20)}${fits ? '' : '; named by the machine, its criteria do not hold'})`)]
  },
  approvals({ heading, bullet }, facts, { publicUrl }) {
    return facts.approvals.length === 0 ? [] : [heading('Waits for a decision'), ...approvalLines(facts, publicUrl, bullet)]
  },
  history({ heading, bullet }, { runs }, { earlier, storm, elsewhere = [] }) {
    const lines = [
      ...(earlier === null ? [] : [`${bullet}The problem came back: earlier ticket ${line(earlier.number, 60)}${earlier.url === null ? '' : ` ${earlier.url}`}`]),
      ...elsewhere.slice(0, 3).map((one) => `${bullet}In another ticket system before: ticket ${line(one.number, 60)}${one.url === null ? '' : ` ${one.url}`}`),
      ...(storm === null ? [] : [`${bullet}Part of a storm: see ticket ${line(storm.number, 60)}${storm.url === null ? '' : ` ${storm.url}`}`]),
      ...runs.filter(({ endedAtMs }) => endedAtMs !== null).slice(0, 5).map((run) => `${bullet}${runLine(run)}`),
    ]
    return lines.length === 0 ? [] : [heading('So far'), ...lines]
  },
  link: (_template, { incidentId }, { publicUrl }) => [`All of it: ${incidentUrl(publicUrl, incidentId)}`],
}

function problemLine({ asset, title, severity, source, status, count, firstAtMs, lastAtMs }: TicketProblem): string {
  return `${line(title, 160)}${asset === null || title.includes(asset) ? '' : ` on ${line(asset, NAME_MAX)}`} (${severity}, ${line(source, 40)}, ${status === 'firing' ? 'open' : 'over'}): ${count} times, ${clock(firstAtMs)} to ${clock(lastAtMs)}`
}

/** Patterns and the root cause, with how sure the rules are of them. */
export function causeLines(findings: TicketFacts['findings'], rootCause: TicketFacts['rootCause'], heading: string, bullet: string): string[] {
  if (findings.length === 0 && rootCause === null) return []
  return [
    heading,
    ...(rootCause === null ? [] : [`${bullet}Probably ${line(rootCause.asset, NAME_MAX)} (${percent(rootCause.confidence)}): ${line(rootCause.reason, SENTENCE_MAX)}`]),
    ...findings.slice(0, 4).map(({ kind, confidence, reason }) => `${bullet}${line(kind, 30)} (${percent(confidence)}): ${line(reason, SENTENCE_MAX)}`),
  ]
}

/** What a run came to. */
export function runLine({ summary, runbookId, status, outcome, message, assets, isSimulated, startedAtMs, endedAtMs }: TicketFacts['runs'][number]): string {
  const took = startedAtMs === null || endedAtMs === null ? '' : `, ${span(endedAtMs - startedAtMs)}`
  return `Runbook ${line(runbookId, NAME_MAX)} (${line(summary, 200)})${assets.length === 0 ? '' : ` on ${assets.slice(0, 3).map((asset) => line(asset, NAME_MAX)).join(', ')}`}: ${line(outcome ?? status, 40).replaceAll('_', ' ')}${took}${isSimulated ? ', simulated' : ''}${message === null ? '' : `. ${line(message, 300)}`}`
}
