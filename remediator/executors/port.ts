/** What a cloud has to do for a run: send one command to one machine, tell how it goes, find it again after a crash, end it. */
import type { Cloud, CloudCheck, CommandOutcomeKind, RunTarget } from '../../schemas/runs.ts'
import type { System } from '../../schemas/runbooks.ts'

/** A cloud account with what is needed to call it; made for one call or a few, never stored. */
export interface CloudAccount {
  readonly id: string
  readonly companyId: string
  readonly cloud: Cloud
  readonly environment: 'production' | 'sandbox'
  readonly fields: Readonly<Record<string, string>>
  /** Opens the stored secret and notes its use in the audit log; null where there is none. */
  secret(): Promise<string | null>
}

/** One command for one machine. */
export interface RemoteCommand {
  /** Unique for all time; on the machine the once-guard goes by it, in the cloud the look-up. At most 64 of [A-Za-z0-9-]. */
  readonly token: string
  readonly runId: string
  /** Told to the cloud with the call, for its own audit trail. */
  readonly runbookId?: string
  readonly target: RunTarget
  readonly system: System
  readonly script: string | null
  readonly automation: { readonly document: string; readonly parameters: Readonly<Record<string, string>> } | null
  readonly timeoutMs: number
}

/** What a call is made with. */
export interface CallContext {
  readonly account: CloudAccount
  readonly signal: AbortSignal
  /** Awaited before every single request where nobody knows beforehand how many there will be, which is so in a look-up of machines; what it throws ends the call. Absent: who calls has counted it. */
  readonly turn?: () => Promise<void>
}

/** The cloud's name for a command it has taken; JSON that is stored. */
export type SentRef = Readonly<Record<string, string>>

/** How a command goes. */
export type Progress =
  /** `retryAfterMs`: how long the cloud asks to wait before it is asked again, where it does. */
  | { readonly kind: 'going'; readonly stdout: string; readonly stderr: string; readonly retryAfterMs?: number | null }
  | { readonly kind: 'ended'; readonly outcome: Exclude<CommandOutcomeKind, 'refused' | 'repeated' | 'no_result'>; readonly exitCode: number | null; readonly stdout: string; readonly stderr: string; readonly isTruncated: boolean; readonly message: string | null }

/** A machine the cloud knows. */
export interface CloudMachine {
  readonly instanceId: string
  readonly name: string | null
  readonly group: string | null
  readonly region: string
  readonly system: System | null
  readonly addresses: readonly string[]
  readonly tags: Readonly<Record<string, string>>
  /** Whether it takes commands now. */
  readonly isOnline: boolean
}

/**
 * One cloud. Methods throw ExecutorError and nothing else, never retry and never sleep for longer than a call takes; whoever calls paces them. None tells a secret.
 */
export interface Executor {
  readonly cloud: Cloud
  /** What it can do, as data, so that a plan is refused before anything is called. */
  readonly capabilities: Readonly<{
    systems: readonly System[]
    automation: boolean
    cancel: boolean
    /** Whether `find` can tell for sure that a command was never taken. */
    findsSent: boolean
    /** The longest time limit it takes. */
    timeoutMaxMs: number
    scriptMaxBytes: number
  }>
  /** Sends the command once. After an error whose `sent` is `unknown` it must be looked up before a second try. */
  send(command: RemoteCommand, context: CallContext): Promise<SentRef>
  /** A command that may have been sent at `sinceMs` or after: its name, or `absent` (it was never taken, for sure), or `unknown` (ask again later). */
  find(command: RemoteCommand, sinceMs: number, context: CallContext): Promise<SentRef | 'absent' | 'unknown'>
  poll(ref: SentRef, command: RemoteCommand, context: CallContext): Promise<Progress>
  /** Asks for its end; whether it ended is told by `poll`. What has ended by itself by then keeps its result. */
  cancel(ref: SentRef, command: RemoteCommand, context: CallContext): Promise<void>
  /** Forgets what the cloud keeps for a command that has ended (a managed run command, a policy assignment); does nothing where there is nothing. */
  clean(ref: SentRef, command: RemoteCommand, context: CallContext): Promise<void>
  /** Machines by name, address, instance id or tag, at most 50. Every request awaits `turn`; where one fails all of it fails, because half a list could make two machines of one name look like one. */
  machines(query: { readonly text: string | null; readonly tag: { readonly key: string; readonly value: string } | null }, context: CallContext): Promise<readonly CloudMachine[]>
  /** Credentials, rights, and a harmless command on a machine where one is named. */
  check(context: CallContext, machine: { readonly instanceId: string; readonly group: string | null; readonly region: string; readonly system: System } | null): Promise<CloudCheck>
  /** What the service counts its calls by, where several accounts of ours may be one there; absent: each is its own. */
  countedBy?(account: CloudAccount): string
  /** List price of the plan's commands, in millionths of a US dollar. */
  costMicroUsd(command: Pick<RemoteCommand, 'automation' | 'timeoutMs'>): number
}

/**
 * How long after `send` a command may begin at the latest, by cloud; its time limit counts from then. AWS gives up after a minute; an agent of Azure takes half a minute, and some more with
 * the first command of a machine, for which it installs a part of itself; machines on Google Cloud look for work of their own accord, and so do devices of Datto RMM.
 */
export const STARTS_WITHIN_MS: Readonly<Record<Cloud, number>> = { aws: 60_000, azure: 300_000, gcp: 2_700_000, datto_rmm: 300_000 }

/** And how long after its end it may be told of at the latest; beyond what asking now and then takes anyway. The agents on Google Cloud report in their own time. */
export const TOLD_WITHIN_MS: Readonly<Record<Cloud, number>> = { aws: 0, azure: 0, gcp: 900_000, datto_rmm: 0 }

/** What went wrong with a call. */
export type ExecutorFault = 'unauthorised' | 'forbidden' | 'throttled' | 'not_found' | 'offline' | 'invalid' | 'busy' | 'unavailable' | 'timeout'

/** The one error of executors. */
export class ExecutorError extends Error {
  readonly fault: ExecutorFault
  /** Whether a command may have reached the cloud: `no` for sure, or `unknown`. */
  readonly sent: 'no' | 'unknown'
  /** How long the cloud asks to wait; null: it does not say. */
  readonly retryAfterMs: number | null

  constructor(fault: ExecutorFault, message: string, options: { readonly sent?: 'no' | 'unknown'; readonly retryAfterMs?: number | null; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'ExecutorError'
    this.fault = fault
    this.sent = options.sent ?? 'no'
    this.retryAfterMs = options.retryAfterMs ?? null
  }
}

/** Faults that pass by themselves. */
export const PASSING_FAULTS: readonly ExecutorFault[] = ['throttled', 'busy', 'unavailable', 'timeout']
