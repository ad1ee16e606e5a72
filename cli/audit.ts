/** `aw audit`: who did what, and whether the log is still as it was written. */
import { createReadStream, createWriteStream } from 'node:fs'
import { rename, rm, stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { ChainCheck, readChained, type ChainReport } from '../schemas/audit-chain.ts'
import { AppError } from '../schemas/errors.ts'
import type { AuditEntry, Page } from '../schemas/views.ts'
import { textLines } from '../schemas/text-lines.ts'
import type { ApiClient } from './client.ts'
import { cell, table } from './output.ts'
import { companyNamed } from './send.ts'

/** The newest lines, of one company where one is named. */
export async function listAudit(api: ApiClient, options: { readonly company?: string; readonly action?: string; readonly limit: number }): Promise<Page<AuditEntry>> {
  const query = new URLSearchParams({ limit: String(options.limit), ...(options.action === undefined ? {} : { action: options.action }) })
  if (options.company !== undefined) query.set('company', (await companyNamed(api, options.company)).id)
  return api.call<Page<AuditEntry>>('GET', `/api/audit?${query.toString()}`)
}

/** The lines as a person reads them. */
export function auditText({ items, next }: Page<AuditEntry>): string {
  if (items.length === 0) return 'No such lines.'
  return [
    table(['at', 'who', 'from', 'action', 'subject'], items.map(({ at, actor, ip, action, subject }) => [at, cell(`${actor.kind} ${actor.name}`, 40), ip ?? '', action, cell(subject, 60)])),
    ...(next === null ? [] : ['', 'There are more: raise --limit, or `aw audit export`.']),
  ].join('\n')
}

/** Writes the export to a file, mode 0600, or to standard output. The file is there, or is the new one, when it is whole: a part would pass for all of it. */
export async function exportAudit(api: ApiClient, options: { readonly company?: string; readonly from?: string; readonly to?: string }, file: string | undefined): Promise<void> {
  const { company, ...span } = options
  const query = new URLSearchParams({ ...span, ...(company === undefined ? {} : { company: (await companyNamed(api, company)).id }) })
  const pieces = api.pieces(`/api/audit/export?${query.toString()}`)
  if (file === undefined) return pipeline(pieces, process.stdout, { end: false })
  const isPlain = await stat(file).then((found) => found.isFile(), () => true)
  const written = isPlain ? `${file}.part` : file
  try {
    await pipeline(pieces, createWriteStream(written, { mode: 0o600 }))
    if (isPlain) await rename(written, file)
  } catch (thrown) {
    if (isPlain) await rm(written, { force: true })
    throw thrown
  }
}

/** Asks the program, or reads an exported file; `head` is a line that was noted earlier, as `<number>:<hash>`. */
export async function verifyAudit(api: () => ApiClient, options: { readonly file?: string; readonly head?: string }): Promise<ChainReport> {
  const [, seq, hash] = options.head === undefined ? [] : /^(\d{1,15}):([0-9a-f]{64})$/.exec(options.head) ?? []
  if (options.head !== undefined && (seq === undefined || hash === undefined)) throw new AppError('usage', '--head is <number>:<hash>, as `aw audit verify` printed it')
  if (options.file === undefined) return api().call<ChainReport>('GET', `/api/audit/verify${seq === undefined || hash === undefined ? '' : `?seq=${seq}&hash=${hash}`}`, undefined, {}, null)
  const check = new ChainCheck(seq === undefined || hash === undefined ? null : { seq: Number(seq), hash })
  let number = 0
  for await (const text of textLines(createReadStream(options.file, 'utf8'))) {
    number += 1
    const line = readChained(text)
    if (line === null) check.fail(number, `line ${number} of the file is not as it was exported`)
    else check.take(line)
  }
  return check.report()
}

/** The report as a person reads it. */
export function chainText({ ok, lines, gaps, head, broken }: ChainReport): string {
  if (!ok) return `BROKEN at ${broken?.seq === 0 ? 'a line outside the chain' : `line ${broken?.seq ?? 0}`}: ${broken?.reason ?? 'no reason given'}`
  return [
    `The chain holds: ${lines.toLocaleString('en')} lines${gaps === 0 ? '' : `; ${gaps.toLocaleString('en')} lines between them were not there to be judged`}.`,
    ...(head === null ? [] : [`Note this elsewhere, and pass it next time: --head ${head.seq}:${head.hash}`]),
  ].join('\n')
}
