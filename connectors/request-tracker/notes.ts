/** What is said in a ticket: read newest first, written once by its token. */
import type { TicketAttachment, TicketChange, TicketNote, TicketNoteSeen } from '../../schemas/tickets.ts'
import { idOf, textOf, type Row } from '../answers.ts'
import { fileOf, resolutionNote } from '../changes.ts'
import { path } from '../http/address.ts'
import type { CallContext } from '../port.ts'
import { tokensIn, withToken } from '../text.ts'
import { call, ourName, pages, userOf } from './calls.ts'
import { noteOf, quoted, TEXT_MAX, userIn } from './map.ts'

const NOTES_MAX = 50
/** Texts and files looked through for our tokens, and for the texts of notes. */
const TEXTS_MAX = 400

/** The newest notes, newest last. RT tells kinds and texts in lists of their own, so two calls are made. */
export async function notesOf(id: string, ctx: CallContext): Promise<readonly TicketNoteSeen[]> {
  const { items: found } = await pages({
    method: 'GET', path: '/transactions', action: 'retrieved', reference: 'read notes', externalId: id,
    query: { query: `TicketId = ${quoted(id)} AND (Type = 'Comment' OR Type = 'Correspond')`, fields: 'Type,Creator,Created', 'fields[Creator]': 'RealName,EmailAddress', orderby: 'id', order: 'DESC' },
  }, { most: NOTES_MAX }, ctx)
  const transactions = found.slice(0, NOTES_MAX)
  if (transactions.length === 0) return []
  const texts = new Map<string, Row>()
  for (const text of await textsOf(id, 2 * NOTES_MAX, ctx)) if ((textOf(text['ContentType']) ?? '').startsWith('text/') && textOf(text['Filename']) === null) texts.set(idOf(text['TransactionId']) ?? '', text)
  const me = ourName(ctx)
  const agents = new Set<string>()
  for (const name of new Set(transactions.map(({ Creator }) => userIn(Creator)).filter((one) => one !== null))) if (name === me || (await userOf(name, ctx))?.isAgent === true) agents.add(name)
  return transactions.flatMap((transaction) => {
    const text = texts.get(idOf(transaction['id']) ?? '')
    return text === undefined ? [] : (noteOf({ transaction, text }, me, (name) => agents.has(name)) ?? [])
  }).reverse()
}

/** Texts and files of a ticket, newest first. */
async function textsOf(id: string, most: number, ctx: CallContext): Promise<readonly Row[]> {
  const { items } = await pages({
    method: 'GET', path: path`/ticket/${id}/attachments`, action: 'retrieved', reference: 'read texts', externalId: id, query: { fields: 'Content,ContentType,TransactionId,Filename,Headers', orderby: 'id', order: 'DESC' },
  }, { most }, ctx)
  return items
}

/** Writes notes, files and times: each once, whatever was written before. */
export async function say(id: string, change: TicketChange, ctx: CallContext): Promise<void> {
  const notes = [...(change.notes ?? []), ...resolutionNote(change.resolution)]
  const files = change.attachments ?? []
  const times = change.times ?? []
  const known = ctx.isRepeat ? await knownTokens(id, [...notes, ...files, ...times].map(({ token }) => token), ctx) : new Set<string>()
  for (const note of notes) if (!known.has(note.token)) await write(id, note, {}, note.isPublic ? 'reply to ticket' : 'comment on ticket', ctx)
  for (const file of files) if (!known.has(file.token)) await write(id, { token: file.token, text: `File: ${file.name}`, isPublic: false }, { Attachments: [fileBody(file)] }, 'attach file', ctx)
  for (const time of times) if (!known.has(time.token)) await write(id, { token: time.token, text: time.text, isPublic: false }, { TimeTaken: String(Math.max(1, Math.round(time.minutes))) }, 'book time', ctx)
}

async function knownTokens(id: string, tokens: readonly string[], ctx: CallContext): Promise<ReadonlySet<string>> {
  return tokens.length === 0 ? new Set() : tokensIn((await textsOf(id, TEXTS_MAX, ctx)).map((text) => textOf(text['Content']) ?? ''), tokens)
}

async function write(id: string, { token, text, isPublic }: TicketNote, more: Row, reference: string, ctx: CallContext): Promise<void> {
  await call({
    method: 'POST', path: isPublic ? path`/ticket/${id}/correspond` : path`/ticket/${id}/comment`, action: more['Attachments'] === undefined ? 'created' : 'attached', reference, externalId: id,
    json: { Content: withToken(text, token, TEXT_MAX), ContentType: 'text/plain', ...more },
  }, ctx)
}

function fileBody(file: TicketAttachment): Row {
  const { name, contentType, bytes } = fileOf(file)
  return { FileName: name, FileType: contentType, FileContent: bytes.toString('base64') }
}
