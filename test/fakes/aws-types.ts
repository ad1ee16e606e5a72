/** What the fake of AWS is told and tells. */
import type { FakeIdentities, FakeRole, FakeSession } from './aws-sts.ts'

/** What running a script came to. */
export interface Ran { readonly exitCode: number; readonly stdout: string; readonly stderr: string }

/** How a command goes on, poll by poll. */
export interface Behaviour {
  /** Polls that are told there is no such invocation. */
  readonly invisiblePolls?: number
  readonly pendingPolls?: number
  readonly goingPolls?: number
  /** `never`: until it is cancelled. */
  readonly end?: 'ok' | 'failed' | 'timed_out' | 'undelivered' | 'delivery_timed_out' | 'never'
  readonly ran?: Partial<Ran>
  /** Runs the script for real, once; it goes until this has ended. */
  readonly execute?: (script: string) => Promise<Ran>
}

/** A machine with an agent. */
export interface FakeMachine {
  readonly instanceId: string
  readonly region: string
  readonly platform?: 'Linux' | 'Windows'
  readonly computerName?: string
  readonly ip?: string
  readonly isOnline?: boolean
  readonly tags?: Readonly<Record<string, string>>
}

/** A command that was taken. */
export interface FakeCommand {
  readonly id: string
  readonly instanceId: string
  readonly region: string
  readonly document: string
  readonly comment: string
  readonly script: string
  readonly executionTimeout: string
  readonly deliverySeconds: number
  readonly session: FakeSession
  readonly atMs: number
  readonly bucket: string | null
  readonly prefix: string
  readonly logGroup: string | null
  readonly behaviour: Behaviour
  polls: number
  cancelled: boolean
  ran: Ran | null
  endedAtMs: number | null
}

/** An execution of an Automation document. */
export interface FakeAutomation {
  readonly id: string
  readonly region: string
  readonly document: string
  readonly parameters: Readonly<Record<string, readonly string[]>>
  readonly clientToken: string
  readonly session: FakeSession
  readonly atMs: number
  polls: number
  cancelled: boolean
}

/** What is to happen to calls in place of an answer. `lost`: taken, and the connection ends before the answer. `hang`: taken, never answered. `garbage`: taken, the answer is no JSON. */
export type Mishap = 'lost' | 'hang' | 'garbage' | { readonly code: string; readonly status?: number; readonly message?: string; readonly retryAfterSeconds?: number }

/** The fake. */
export interface AwsFake {
  readonly url: string
  readonly isHeld: boolean
  /** What did not fit the description, or was not expected at all. */
  readonly faults: string[]
  readonly commands: FakeCommand[]
  readonly automations: FakeAutomation[]
  readonly machines: FakeMachine[]
  readonly identities: FakeIdentities
  /** Calls by `service.Action`, in order. */
  readonly calls: string[]
  /** Bucket to key to bytes; a bucket that is not here does not exist. */
  readonly buckets: Map<string, Map<string, Buffer>>
  /** Log group to stream to lines. */
  readonly logGroups: Map<string, Map<string, string[]>>
  /** How commands go that have no behaviour of their own. */
  usual: Behaviour
  /** Outputs come to bucket and log group only after so many polls that find the command ended. */
  outputLatePolls: number
  /** How far the clocks of machines are ahead of the service's; the time of a command's end is theirs. */
  machinesClockMs: number
  addRole(role: FakeRole): void
  /** The next commands, in order, go so. */
  next(...behaviours: Behaviour[]): void
  /** The next calls of an action, such as `SendCommand`, go so. */
  mishap(action: string, ...mishaps: Mishap[]): void
  /** A bucket of tokens for an action; what finds it empty is throttled. */
  throttle(action: string, bucket: { readonly capacity: number; readonly perSecond: number }): void
  /** Takes a right from every role. */
  deny(action: string): void
  /** Resolves when the next call of an action has come. */
  called(action: string): Promise<void>
  close(): Promise<void>
}
