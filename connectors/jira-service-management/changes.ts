/** What is written into a request that is there. */
import type { TicketAttachment, TicketChange, TicketMapping, TicketNote, TicketRef, TicketTime, WritableTicketState } from '../../schemas/tickets.ts'
import { attachmentName } from '../attachment-name.ts'
import { refuseUnsupported, resolutionNote } from '../changes.ts'
import { filled } from '../filled.ts'
import { path } from '../http/address.ts'
import { ConnectorError, type CallContext } from '../port.ts'
import { tokensIn } from '../text.ts'
import { capabilities } from './capabilities.ts'
import { get, newestComments } from './facts.ts'
import { link } from './links.ts'
import { inner, listOf, referenceOf, summaryOf, textOf, wikiNote, worklogOf, type JiraObject } from './map.ts'

const PAGE = 100
const TOKEN_PAGES = 5

/** Writes what differs: fields, then notes, files and times, the state last, for a closed request may take no more. */
export async function update(ref: TicketRef, change: TicketChange, ctx: CallContext): Promise<void> {
  refuseUnsupported(change, capabilities)
  const id = ref.externalId
  const fields = await fieldsOf(id, change, ctx)
  if (Object.keys(fields).length > 0) await ctx.http.call({ method: 'PUT', path: path`/rest/api/2/issue/${id}`, action: 'updated', reference: 'update ticket', externalId: id, json: { fields } })
  if (typeof change.assigneeId === 'string') await assign(id, change.assigneeId, ctx)
  if (change.parent !== undefined) await link(change.mapping.place.parentLink, { from: change.parent.externalId, to: id }, ctx)
  const notes = [...(change.notes ?? []), ...resolutionNote(change.resolution)]
  await comment(id, notes, ctx)
  await attach(id, change.attachments ?? [], ctx)
  await book(id, change.times ?? [], ctx)
  if (change.state !== undefined) await setState(id, change.state, change.mapping, ctx)
}

async function fieldsOf(id: string, change: TicketChange, ctx: CallContext): Promise<JiraObject> {
  const priority = change.severity === undefined ? undefined : filled(change.mapping).priority[change.severity]
  return {
    ...(change.title === undefined ? {} : { summary: summaryOf(change.title, await referenceInSummary(id, ctx)) }),
    ...(priority === undefined ? {} : { priority: { name: priority } }),
    ...(change.assigneeId === null ? { assignee: null } : {}),
  }
}

/** Our reference, where it stands in the summary and nowhere else: a new title must keep it. */
async function referenceInSummary(id: string, ctx: CallContext): Promise<string | null> {
  const fields = inner(inner(await get(path`/rest/api/2/issue/${id}`, 'read ticket', { fields: 'summary,labels' }, ctx)).fields)
  return referenceOf({ labels: fields.labels }) === null ? referenceOf({ summary: fields.summary }) : null
}

/** Gives it to a technician. */
export async function assign(id: string, accountId: string, ctx: CallContext): Promise<void> {
  await ctx.http.call({ method: 'PUT', path: path`/rest/api/2/issue/${id}/assignee`, action: 'updated', reference: 'assign ticket', externalId: id, json: { accountId } })
}

/** Through the service desk interface alone: it is the only one that can say that a comment is internal. */
async function comment(id: string, notes: readonly TicketNote[], ctx: CallContext): Promise<void> {
  if (notes.length === 0) return
  const there = ctx.isRepeat ? tokensIn(await said(id, ctx), notes.map(({ token }) => token)) : new Set<string>()
  for (const note of notes.filter(({ token }) => !there.has(token))) {
    await ctx.http.call({ method: 'POST', path: path`/rest/servicedeskapi/request/${id}/comment`, action: 'created', reference: note.isPublic ? 'add public comment' : 'add internal comment', externalId: id, json: { body: wikiNote(note.text, note.token), public: note.isPublic } })
  }
}

async function said(id: string, ctx: CallContext): Promise<readonly string[]> {
  const texts: string[] = []
  for (let page = 0; page < TOKEN_PAGES; page++) {
    const found = await newestComments(id, page * PAGE, PAGE, ctx)
    texts.push(...found.map((one) => textOf(one, 'body')))
    if (found.length < PAGE) break
  }
  return texts
}

/** Files of the issue, which customers do not see unless a public comment shows them. */
async function attach(id: string, files: readonly TicketAttachment[], ctx: CallContext): Promise<void> {
  if (files.length === 0) return
  const there = new Set(ctx.isRepeat ? listOf(inner(inner(await get(path`/rest/api/2/issue/${id}`, 'read files', { fields: 'attachment' }, ctx)).fields).attachment).map((file) => textOf(file, 'filename')) : [])
  for (const file of files) {
    const fileName = attachmentName(file.name, file.token)
    if (there.has(fileName)) continue
    await ctx.http.call({ method: 'POST', path: path`/rest/api/2/issue/${id}/attachments`, action: 'attached', reference: 'attach file', externalId: id, headers: { 'x-atlassian-token': 'no-check' }, multipart: [{ name: 'file', value: Buffer.from(file.base64, 'base64'), fileName, contentType: file.contentType }] })
  }
}

async function book(id: string, times: readonly TicketTime[], ctx: CallContext): Promise<void> {
  if (times.length === 0) return
  const there = ctx.isRepeat ? tokensIn(listOf(inner(await get(path`/rest/api/2/issue/${id}/worklog`, 'read work log', { startAt: 0, maxResults: 1_000 }, ctx)).worklogs).map((one) => textOf(one, 'comment')), times.map(({ token }) => token)) : new Set<string>()
  for (const time of times.filter(({ token }) => !there.has(token))) await ctx.http.call({ method: 'POST', path: path`/rest/api/2/issue/${id}/worklog`, action: 'created', reference: 'book time', externalId: id, query: { adjustEstimate: 'leave', notifyUsers: false }, json: worklogOf(time) })
}

/** Moves it to the mapped status by the transition that leads there, or step by step where the workflow lets nothing be skipped. Throws `invalid` where no way is found. */
export async function setState(id: string, state: WritableTicketState, mapping: TicketMapping, ctx: CallContext): Promise<void> {
  const goal = filled(mapping).status[state]
  if (goal === undefined) return
  let steps = ON_THE_WAY[state].flatMap((step) => filled(mapping).status[step] ?? [])
  for (;;) {
    const found = inner(await get(path`/rest/api/2/issue/${id}`, 'read transitions', { fields: 'status', expand: 'transitions.fields' }, ctx))
    const now = textOf(inner(inner(found.fields).status), 'name')
    if (same(now, goal)) return
    const ways = listOf(found.transitions ?? inner(await get(path`/rest/api/2/issue/${id}/transitions`, 'read transitions', { expand: 'transitions.fields' }, ctx)).transitions)
    steps = steps.filter((step) => !same(step, now))
    const last = wayTo(goal, ways)
    const step = last === undefined ? steps.find((one) => wayTo(one, ways) !== undefined) : undefined
    const way = last ?? (step === undefined ? undefined : wayTo(step, ways))
    if (way === undefined) throw new ConnectorError('invalid', `Jira: no transition leads from "${now}" to "${goal}"; there are ${ways.map((one) => `"${textOf(inner(one.to), 'name')}"`).join(', ') || 'none'}: add one to the workflow, or map ${state} to another status`)
    const resolution = inner(inner(way.fields).resolution)
    // A screen on the way may show it too, where it is set only if it has to be.
    const isSet = Object.keys(resolution).length > 0 && (resolution.required === true || (way === last && (state === 'resolved' || state === 'closed')))
    const fields = isSet ? { fields: { resolution: { name: resolutionIn(resolution, mapping) } } } : {}
    await ctx.http.call({ method: 'POST', path: path`/rest/api/2/issue/${id}/transitions`, action: 'updated', reference: 'change status', externalId: id, json: { transition: { id: textOf(way, 'id') }, ...fields } })
    if (way === last) return
    // Each is gone through once, so that a workflow that leads in a circle ends here.
    steps = steps.filter((one) => one !== step)
  }
}

/** States through which a workflow may lead to another, the nearest to it first. */
const ON_THE_WAY: Readonly<Record<WritableTicketState, readonly WritableTicketState[]>> = { open: ['in_progress'], assigned: ['open', 'in_progress'], in_progress: ['assigned', 'open'], resolved: ['in_progress', 'assigned'], closed: ['resolved', 'in_progress', 'assigned'] }

/** The transition to a status; of several the one that asks for nothing we cannot give. */
function wayTo(status: string, ways: readonly JiraObject[]): JiraObject | undefined {
  const to = ways.filter((one) => same(textOf(inner(one.to), 'name'), status))
  const found = to.length > 0 ? to : ways.filter((one) => same(textOf(one, 'name'), status))
  return found.find(({ fields }) => Object.entries(inner(fields)).every(([name, field]) => name === 'resolution' || inner(field).required !== true || inner(field).hasDefaultValue === true)) ?? found[0]
}

function resolutionIn(field: JiraObject, mapping: TicketMapping): string {
  const wanted = filled(mapping).place.resolution ?? 'Done'
  const known = listOf(field.allowedValues).map((one) => textOf(one, 'name'))
  const found = known.length === 0 ? wanted : known.find((name) => same(name, wanted))
  if (found === undefined) throw new ConnectorError('misconfigured', `Jira: the workflow does not know the resolution "${wanted}"; put one of these as place resolution: ${known.join(', ')}`)
  return found
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}

/** An internal comment that is written once. */
export async function remark(id: string, token: string, text: string, ctx: CallContext): Promise<void> {
  await comment(id, [{ token, text, isPublic: false }], ctx)
}

