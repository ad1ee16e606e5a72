/** `aw ticket matches`, `match` and `candidates`: which customer, machine or person of a ticket system is meant, where the rules are unsure. */
import type { ExternalChoice } from '../schemas/connection-views.ts'
import { AppError } from '../schemas/errors.ts'
import type { MatchKind, MatchView } from '../schemas/ticket-matches.ts'
import type { Page } from '../schemas/views.ts'
import type { ApiClient } from './client.ts'
import { matchSubject, type MatchSubject, type SubjectOptions } from './match-subject.ts'
import { cell, shellWord, table } from './output.ts'
import { companyNamed } from './send.ts'

/** Which matches. */
export interface MatchesOptions {
  readonly company?: string
  readonly status?: string
}

/** What a person answers. */
export interface AnswerOptions extends SubjectOptions {
  /** There is none there. */
  readonly none?: boolean
  /** Its id there, taken as it is: for one that no search shows, or a system that cannot be asked. */
  readonly id?: string
}

/** What a search found. */
export interface CandidatesFound {
  readonly subject: MatchSubject
  readonly query: string
  readonly items: readonly ExternalChoice[]
}

/** Most the API lists. */
const LISTED_MAX = 200
const KINDS: Readonly<Record<MatchKind, string>> = { company: 'customer', asset: 'machine', user: 'person' }

/** Matches, those that wait for an answer first. */
export async function listMatches(api: ApiClient, { company, ...filter }: MatchesOptions): Promise<readonly MatchView[]> {
  const query = new URLSearchParams({ ...filter, ...(company === undefined ? {} : { company: (await companyNamed(api, company)).id }) }).toString()
  return (await api.call<{ items: MatchView[] }>('GET', `/api/ticket-matches${query === '' ? '' : `?${query}`}`)).items
}

/** Matches as a person reads them: first all in a table, then each question with its candidates and the command that answers it. */
export function matchesText(items: readonly MatchView[]): string {
  if (items.length === 0) return 'there are no such matches; a customer, machine or person is looked up when the first ticket needs it'
  return [
    table(['company', 'what', 'ours', 'system', 'status', 'theirs', 'by', 'waiting'], items.map((one) => [
      cell(one.companyName, 40), KINDS[one.kind], cell(one.title, 40), cell(one.connectionName, 30), one.status, theirsText(one), cell(one.by, 60), one.waiting,
    ])),
    ...items.filter(({ status }) => status === 'asked').map((one) => questionText(one, items)),
    ...(items.length < LISTED_MAX ? [] : ['', `These are the first ${LISTED_MAX}: narrow them down with --company or --status.`]),
  ].join('\n')
}

function theirsText({ externalId, externalName }: Pick<MatchView, 'externalId' | 'externalName'>): string {
  return externalId === null ? '-' : externalName === null ? cell(externalId, 40) : `${cell(externalName, 40)} (${cell(externalId, 40)})`
}

function questionText(one: MatchView, items: readonly MatchView[]): string {
  const isElsewhere = items.some((other) => other.companyId === one.companyId && other.kind === one.kind && other.name === one.name && other.connectionId !== one.connectionId)
  const about = [`--company ${shellWord(one.companyName)}`, ...(one.kind === 'company' ? [] : [`--${one.kind} ${shellWord(one.name)}`]), ...(isElsewhere ? [`--connection ${shellWord(one.connectionName)}`] : [])].join(' ')
  return [
    '', `Which ${KINDS[one.kind]} of ${cell(one.connectionName, 60)} is ${cell(one.title, 100)}? (${cell(one.by, 100)}${one.waiting === 0 ? '' : `; ${incidents(one.waiting)} for the answer`})`,
    ...(one.candidates.length === 0 ? ['Nothing there is like it, or an MSP Admin alone may see what is.'] : [table(['id', 'name'], one.candidates.map(({ externalId, name }) => [cell(externalId, 60), cell(name, 100)]))]),
    `aw ticket match <id> ${about}`, `aw ticket match --none ${about}`, `aw ticket candidates <words> ${about}`,
  ].join('\n')
}

const incidents = (count: number): string => `${count} ${count === 1 ? 'incident waits' : 'incidents wait'}`

/** Looks in the ticket system for what may be meant, by our own name unless words are given. */
export async function findCandidates(api: ApiClient, words: readonly string[], options: SubjectOptions): Promise<CandidatesFound> {
  const subject = await matchSubject(api, options)
  const query = words.length === 0 ? subject.title : words.join(' ')
  return { subject, query, items: await searched(api, subject, query) }
}

/** Candidates as a person reads them. */
export function candidatesText({ subject, query, items }: CandidatesFound): string {
  const where = cell(subject.connectionName, 60)
  if (items.length === 0) return `${where} has no ${KINDS[subject.kind]} found by "${cell(query, 100)}"; try the beginning of its name there`
  return [table(['id', 'name', 'known by'], items.map(({ externalId, name, detail }) => [cell(externalId, 60), cell(name, 100), cell(detail ?? '', 100)])), '', `\`aw ticket match --id <id>\` with the same options says which of them is ${cell(subject.title, 100)}.`].join('\n')
}

async function searched(api: ApiClient, { kind, connectionId, connectionName, externalCompanyId }: MatchSubject, q: string): Promise<readonly ExternalChoice[]> {
  if (kind === 'asset' && externalCompanyId === null) throw new AppError('conflict', `machines of ${connectionName} belong to its customers: say first which of them is the company, with \`aw ticket match <id> --company <name>\``)
  const query = new URLSearchParams({ q, ...(kind === 'asset' && externalCompanyId !== null ? { of: externalCompanyId } : {}) })
  const what = { company: 'companies', asset: 'assets', user: 'users' }[kind]
  return (await api.call<Page<ExternalChoice>>('GET', `/api/connections/${connectionId}/${what}?${query.toString()}`)).items
}

/** Answers, or answers anew. Throws `usage` where nothing sure is named, `not_found` where the system knows no such thing. */
export async function answerMatch(api: ApiClient, theirs: string | undefined, { none = false, id, ...about }: AnswerOptions): Promise<{ readonly match: MatchView; readonly waited: number }> {
  if ([theirs !== undefined, id !== undefined, none].filter((is) => is).length !== 1) throw new AppError('usage', 'give the name or id it has there, or --id <id> to take an id as it is, or --none where there is none: one of the three')
  const subject = await matchSubject(api, about)
  const chosen = theirs === undefined ? { externalId: id ?? null, name: null } : await chosenOf(api, subject, theirs)
  const { companyId, kind, name, connectionId, known } = subject
  const match = await api.call<MatchView>('PUT', `/api/connections/${connectionId}/matches`, { companyId, kind, ...(kind === 'company' ? {} : { name }), externalId: chosen.externalId, externalName: chosen.name })
  return { match, waited: known?.waiting ?? 0 }
}

/** What a person means by an id or a name: what was said before, a candidate, else what a search for it finds, or one for our own name. Never a guess: a wrong customer would read another's incidents. */
async function chosenOf(api: ApiClient, subject: MatchSubject, theirs: string): Promise<{ readonly externalId: string; readonly name: string }> {
  const fit = <T extends { readonly externalId: string; readonly name: string }>(all: readonly T[]): readonly T[] => {
    const byId = all.filter(({ externalId }) => externalId === theirs)
    return byId.length > 0 ? byId.slice(0, 1) : all.filter(({ name }) => name.toLowerCase() === theirs.toLowerCase())
  }
  const { known } = subject
  const shown = fit([...known?.candidates ?? [], ...(known === null || known.externalId === null ? [] : [{ externalId: known.externalId, name: known.externalName ?? known.externalId }])])
  const named = shown.length > 0 ? shown : fit(await searched(api, subject, theirs))
  const found = named.length > 0 ? named : fit(await searched(api, subject, subject.title))
  const [one] = found
  if (found.length > 1) throw new AppError('usage', `several are named "${theirs}" there: give the id (${found.map(({ externalId }) => externalId).join(', ')})`)
  if (one === undefined) throw new AppError('not_found', `${subject.connectionName} has no ${KINDS[subject.kind]} "${theirs}" among the candidates, nor by that name: \`aw ticket candidates <words>\` searches there, --id <id> takes an id it shows`)
  return { externalId: one.externalId, name: one.name }
}

/** What the answer means. */
export function answeredText({ match, waited }: Awaited<ReturnType<typeof answerMatch>>): string {
  const where = cell(match.connectionName, 60)
  if (match.externalId === null) return `${cell(match.title, 100)} has no ${KINDS[match.kind]} in ${where}${match.kind === 'company' ? ': in a system that clients share its incidents get no tickets' : ''}`
  return `${cell(match.title, 100)} is ${theirsText(match)} in ${where}${waited === 0 ? '' : `; ${waited === 1 ? '1 incident that waited for it is' : `${waited} incidents that waited for it are`} looked at now`}`
}
