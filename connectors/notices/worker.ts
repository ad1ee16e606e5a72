/**
 * The role `notify`: writes down who has to be told of a request for approval, and tells them. Only this calls a chat or a mail server.
 *
 * A notice is written before it is sent and marked after, so a crash in between sends it twice at worst; both links end with the first answer.
 * One that cannot be sent is tried again with growing pauses until the request is void; one whose address is refused is given up and said.
 */
import type { Clock } from '../../schemas/clock.ts'
import { startLooking, type Looking } from '../../schemas/looking.ts'
import type { ChannelKind, Notice } from '../../schemas/notices.ts'
import { NoticeError, type Sender } from './port.ts'

const LOOK_EVERY_MS = 1_000
const AT_ONCE = 10
const CALL_MS = 30_000
const FIRST_PAUSE_MS = 5_000
const LONGEST_PAUSE_MS = 5 * 60_000

/** A notice in the hands of this process, with all that is told. */
export interface DueNotice {
  readonly id: number
  readonly attempts: number
  readonly kind: ChannelKind | 'mail'
  /** A secret for a chat; an address of mail else. */
  readonly address: string
  readonly notice: Notice
}

/** How an attempt ended. `gaveUp`: not again. */
export type NoticeEnd = { readonly kind: 'sent' } | { readonly kind: 'again'; readonly dueAtMs: number; readonly error: string } | { readonly kind: 'gave_up'; readonly error: string }

/** Kept in the database. */
export interface NoticeStore {
  /** Writes down a notice for everybody who has to be told of a request that nobody was told of; answers how many. */
  writeDown(): Promise<number>
  /** Takes notices that are due; those whose request was decided meanwhile are dropped, those that the mode forbids to send are marked as shown. */
  claim(limit: number): Promise<readonly DueNotice[]>
  end(id: number, end: NoticeEnd): Promise<void>
}

/** What it is built from. */
export interface NotifierOptions {
  readonly store: NoticeStore
  readonly senders: Readonly<Record<ChannelKind, Sender>> & { readonly mail: Sender | null }
  readonly clock: Clock
  readonly logger: { warn(fields: object, message: string): void }
  readonly metrics: { told(kind: string, result: NoticeEnd['kind']): void }
}

/** Starts telling. */
export function startNotifier(options: NotifierOptions): Pick<Looking, 'stop'> {
  const { clock, logger } = options
  return startLooking({ clock, logger, everyMs: LOOK_EVERY_MS, what: 'telling people' }, async (stopping) => await tellDue(options, stopping) === AT_ONCE)
}

/** One round: writes down, takes what is due, sends it side by side. Answers how many were taken. */
export async function tellDue({ store, senders, clock, logger, metrics }: NotifierOptions, stopping: AbortSignal): Promise<number> {
  await store.writeDown()
  const due = await store.claim(AT_ONCE)
  await Promise.all(due.map(async ({ id, attempts, kind, address, notice }) => {
    const sender = senders[kind]
    const end = sender === null
      ? { kind: 'gave_up' as const, error: 'no mail server is configured: set AW_SMTP_URL and AW_MAIL_FROM' }
      : await attempt(sender, notice, address, attempts, clock, AbortSignal.any([stopping, AbortSignal.timeout(CALL_MS)]))
    if (end.kind !== 'sent') logger.warn({ notice: id, kind, error: end.error }, end.kind === 'again' ? 'a notice could not be sent: trying again' : 'a notice was given up')
    metrics.told(kind, end.kind)
    await store.end(id, end)
  }))
  return due.length
}

async function attempt(sender: Sender, notice: Notice, address: string, attempts: number, clock: Clock, signal: AbortSignal): Promise<NoticeEnd> {
  try {
    await sender(notice, address, signal)
    return { kind: 'sent' }
  } catch (thrown) {
    const error = thrown instanceof NoticeError ? thrown : new NoticeError('backoff', 'a defect of ours: see the log', { cause: thrown })
    if (error.retry === 'never') return { kind: 'gave_up', error: error.message }
    const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempts)
    return { kind: 'again', dueAtMs: clock.now() + Math.max(error.retryAfterMs ?? 0, pauseMs), error: error.message }
  }
}
