/** A cloud in memory: it takes commands, runs them on machines with a once-guard, and can go wrong at every point. Time is the test's own. */
import type { Clock } from '../../schemas/clock.ts'
import type { ScriptResult } from '../../schemas/runs.ts'
import { ExecutorError, type CallContext, type Executor, type Progress, type RemoteCommand, type SentRef } from '../../remediator/executors/port.ts'

/** What goes wrong with a call. `lost`: taken, the answer does not come; `broken`: nobody knows, and it was not taken; `bug`: it throws what it must not. */
export type Mishap = 'lost' | 'broken' | 'bug' | 'throttled' | 'busy' | 'unavailable' | 'timeout' | 'offline' | 'forbidden' | 'invalid'

/** How a script goes on its machine. */
export interface Course {
  /** Until it ends; `never`: until it is cancelled; `deaf`: not even then. */
  readonly runsMs?: number | 'never' | 'deaf'
  readonly outcome?: 'ok' | 'failed' | 'refused' | 'no_result' | 'undelivered' | 'cancelled'
  readonly facts?: ScriptResult['facts']
  readonly code?: string
  readonly output?: string
}

interface Taken { readonly id: string; readonly token: string; readonly instanceId: string; readonly script: string; readonly atMs: number; readonly course: Course; readonly isRepeated: boolean; cancelledAtMs: number | null }

/** Calls a second before the cloud throttles; none: never. */
export interface ScriptedOptions {
  readonly clock: Clock
  /** What a script does, by its text. */
  readonly course?: (command: RemoteCommand, nth: number) => Course
  readonly ratePerSecond?: number
  /** Lists show a command this long after it was taken. */
  readonly listedAfterMs?: number
}

/** The operations that can go wrong. */
export type Operation = 'send' | 'find' | 'poll' | 'cancel' | 'clean'

/** The cloud and its executor. */
export class ScriptedExecutor implements Executor {
  readonly cloud = 'aws'
  capabilities: Executor['capabilities'] = { systems: ['linux', 'windows'], automation: true, cancel: true, findsSent: true, timeoutMaxMs: 86_400_000, scriptMaxBytes: 100_000 }
  countedBy: NonNullable<Executor['countedBy']> = ({ id }) => id
  /** Everything it took, in order. */
  readonly taken: Taken[] = []
  /** Tokens in the order in which machines really ran them. */
  readonly executed: string[] = []
  readonly cleaned = new Set<string>()
  readonly calls: { readonly operation: Operation; readonly atMs: number; readonly token: string }[] = []
  /** Called before an operation; what it answers goes wrong. */
  mishap: (operation: Operation, command: RemoteCommand, nth: number) => Mishap | null = () => null
  /** Called when a machine has run a script. */
  ran: (command: RemoteCommand) => Promise<void> | void = () => undefined
  /** Answers `unknown` so many times. */
  blindFinds = 0
  throttles = 0
  readonly #options: ScriptedOptions
  readonly #counts = new Map<string, number>()
  readonly #window: number[] = []

  constructor(options: ScriptedOptions) {
    this.#options = options
  }

  async send(command: RemoteCommand, context: CallContext): Promise<SentRef> {
    const mishap = this.#called('send', command, context)
    if (mishap !== null && mishap !== 'lost') throw faultOf(mishap)
    const nth = this.#count(`script ${command.target.instanceId} ${command.script ?? ''}`.replaceAll(command.token, ''))
    const isRepeated = this.executed.includes(command.token)
    const course = this.#options.course?.(command, nth) ?? {}
    const one: Taken = { id: `c-${this.taken.length + 1}`, token: command.token, instanceId: command.target.instanceId, script: command.script ?? '', atMs: this.#options.clock.now(), course, isRepeated, cancelledAtMs: null }
    this.taken.push(one)
    if (!isRepeated && course.outcome !== 'undelivered') {
      this.executed.push(command.token)
      await this.ran(command)
    }
    if (mishap === 'lost') throw new ExecutorError('timeout', 'no answer', { sent: 'unknown' })
    return { commandId: one.id }
  }

  async find(command: RemoteCommand, sinceMs: number, context: CallContext): Promise<SentRef | 'absent' | 'unknown'> {
    const mishap = this.#called('find', command, context)
    if (mishap !== null) throw faultOf(mishap)
    if (this.blindFinds > 0) {
      this.blindFinds -= 1
      return 'unknown'
    }
    const found = this.taken.find((one) => one.token === command.token && one.atMs >= sinceMs - 1_000)
    if (found === undefined) return 'absent'
    return this.#options.clock.now() >= found.atMs + (this.#options.listedAfterMs ?? 0) ? { commandId: found.id } : 'unknown'
  }

  async poll(ref: SentRef, command: RemoteCommand, context: CallContext): Promise<Progress> {
    const mishap = this.#called('poll', command, context)
    if (mishap !== null) throw faultOf(mishap)
    const one = this.#of(ref)
    const { course } = one
    const nowMs = this.#options.clock.now()
    const output = course.output ?? 'working\n'
    const hangs = course.runsMs === 'never' ? one.cancelledAtMs === null : course.runsMs === 'deaf'
    if (hangs || (typeof course.runsMs === 'number' && nowMs < one.atMs + course.runsMs)) return { kind: 'going', stdout: output, stderr: '' }
    if (course.runsMs === 'never') return { kind: 'ended', outcome: 'cancelled', exitCode: null, stdout: output, stderr: '', isTruncated: false, message: 'cancelled' }
    const outcome = one.isRepeated ? 'repeated' : course.outcome ?? 'ok'
    if (outcome === 'undelivered' || outcome === 'cancelled') return { kind: 'ended', outcome, exitCode: null, stdout: '', stderr: '', isTruncated: false, message: `the machine: ${outcome}` }
    const exitCode = { ok: 0, failed: 1, refused: 3, repeated: 4, no_result: 0 }[outcome]
    const line = JSON.stringify({ aw: 1, outcome, code: outcome === 'ok' ? null : course.code ?? `script_${outcome}`, message: `it was ${outcome}`, changed: outcome === 'ok' ? ['/tmp/x'] : [], changedCount: outcome === 'ok' ? 1 : 0, facts: course.facts ?? {} })
    return { kind: 'ended', outcome: exitCode === 0 ? 'ok' : 'failed', exitCode, stdout: outcome === 'no_result' ? output : `${output}${line}\n`, stderr: '', isTruncated: false, message: null }
  }

  async cancel(ref: SentRef, command: RemoteCommand, context: CallContext): Promise<void> {
    const mishap = this.#called('cancel', command, context)
    if (mishap !== null) throw faultOf(mishap)
    this.#of(ref).cancelledAtMs ??= this.#options.clock.now()
  }

  async clean(ref: SentRef, command: RemoteCommand, context: CallContext): Promise<void> {
    const mishap = this.#called('clean', command, context)
    if (mishap !== null) throw faultOf(mishap)
    this.cleaned.add(this.#of(ref).token)
  }

  machines(): Promise<[]> {
    return Promise.resolve([])
  }

  check(): Promise<{ ok: true; findings: [] }> {
    return Promise.resolve({ ok: true, findings: [] })
  }

  costMicroUsd(): number {
    return 0
  }

  /** Tokens that the cloud was handed more than once. */
  get twice(): string[] {
    const tokens = this.taken.map(({ token }) => token)
    return tokens.filter((token, index) => tokens.indexOf(token) !== index)
  }

  #called(operation: Operation, command: RemoteCommand, { signal }: CallContext): Mishap | null {
    if (signal.aborted) throw new Error('a call began after it was given up')
    const nowMs = this.#options.clock.now()
    this.calls.push({ operation, atMs: nowMs, token: command.token })
    if (this.#options.ratePerSecond !== undefined) {
      while (this.#window[0] !== undefined && this.#window[0] <= nowMs - 1_000) this.#window.shift()
      if (this.#window.length >= this.#options.ratePerSecond) {
        this.throttles += 1
        return 'throttled'
      }
      this.#window.push(nowMs)
    }
    return this.mishap(operation, command, this.#count(operation))
  }

  #of(ref: SentRef): Taken {
    const one = this.taken.find(({ id }) => id === ref['commandId'])
    if (one === undefined) throw new ExecutorError('not_found', `the cloud has no command ${ref['commandId'] ?? ''}`)
    return one
  }

  #count(what: string): number {
    const count = (this.#counts.get(what) ?? 0) + 1
    this.#counts.set(what, count)
    return count
  }
}

function faultOf(mishap: Exclude<Mishap, 'lost'> | 'lost'): Error {
  switch (mishap) {
    case 'bug':
      return new TypeError('undefined is not a function')
    case 'lost':
    case 'broken':
      return new ExecutorError('unavailable', 'the connection broke', { sent: 'unknown' })
    case 'throttled':
      return new ExecutorError('throttled', 'too many requests', { retryAfterMs: 7_000 })
    case 'timeout':
      return new ExecutorError('timeout', 'no answer', { sent: 'unknown' })
    default:
      return new ExecutorError(mishap, `the cloud says ${mishap}`)
  }
}
