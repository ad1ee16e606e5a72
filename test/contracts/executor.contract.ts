/** What every executor must do, over a stateful fake of its cloud. Time stands still but for `settle` and what a poll takes, so nothing here waits. */
import { createHash, randomUUID } from 'node:crypto'
import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { TestClock } from '../../schemas/clock.ts'
import type { System } from '../../schemas/runbooks.ts'
import type { RunTarget } from '../../schemas/runs.ts'
import { ExecutorError, type CallContext, type CloudAccount, type Executor, type Progress, type RemoteCommand, type SentRef } from '../../remediator/executors/port.ts'

/** A clock on which whoever sleeps has slept at once. */
export class SteppingClock extends TestClock {
  override async sleep(delayMs: number): Promise<void> {
    this.tick(delayMs)
  }
}

/** How a command goes on in the fake. `never`: until it is cancelled. */
export interface Going {
  readonly goingPolls?: number
  readonly end?: 'ok' | 'failed' | 'timed_out' | 'undelivered' | 'never'
  readonly exitCode?: number
  readonly stdout?: string
  readonly stderr?: string
}

/** What is to happen to the next call that sends. `lost`: taken, no answer; `garbled`: taken, and the answer cannot be read; `broken`: the cloud answers 5xx; `hang`: taken, never answered; `unreachable`: nobody listens. */
export type SendMishap = 'lost' | 'garbled' | 'broken' | 'hang' | 'throttled' | 'throttled_for_7s' | 'unauthorised' | 'forbidden' | 'unreachable'

/** One cloud of its own for a test. */
export interface ExecutorWorld {
  readonly executor: Executor
  readonly clock: TestClock
  readonly account: CloudAccount
  /** Values that no error and no answer may tell. */
  readonly secrets: readonly string[]
  /** Machines in a page of the cloud's list. */
  readonly pageSize: number
  /** An online machine. */
  target(system: System): RunTarget
  next(going: Going): void
  /** What machines were handed, in order. */
  taken(): readonly { readonly token: string; readonly script: string; readonly instanceId: string }[]
  mishap(kind: SendMishap): Promise<void> | void
  /** Resolves when the next call that sends has come to the cloud. */
  sendCalled(): Promise<void>
  /** Moves time to where the cloud's lists are complete. */
  settle(): void
  /** Makes the machines there are exactly so many, named m0, m1, …, with the tag `fleet`=`blue` on every one. */
  machines(count: number): void
  /** Takes a right that commands need; answers what the check's finding has to name. */
  takeRight(): RegExp
  /** What the fake was asked or answered that its description does not allow. */
  faults(): readonly string[]
  /** Whether the vendor's description was there to hold it to. */
  readonly isHeld: boolean
  close(): Promise<void>
}

/** Where a cloud cannot do what the suite asks, with the reason. */
export interface Waivers {
  /** The output of a command has a limit that the cloud sets. */
  readonly longOutputBytes?: number
  /** Scripts of the cloud have no exit code of their own. */
  readonly noExitCode?: string
  readonly noUndelivered?: string
  /** A command that was taken cannot be ended; `cancel` says so. */
  readonly noCancel?: string
  /** A command whose answer was lost cannot be looked up; `find` says `unknown`, and `findsSent` is false. */
  readonly noFind?: string
}

const HOSTILE: readonly (readonly [string, string])[] = [
  ['quotes and dollars', `echo "it's $(id) \`id\` \${HOME} %PATH%" 'and' "\\"more\\""\n`],
  ['Unicode', 'echo "žluťoučký 日本語 🦊 \u202e\u00a0\u2028\u2029 \ufeff"\n'],
  ['CRLF, CR, tabs and no newline at the end', 'Write-Output one\r\nWrite-Output two\rthree\tfour   '],
  ['what looks like markup and templates', `echo '<a>&amp;</a> {{ inputs }} \${{ x }} <#{y}> %{z} ]]>' ; echo "\\u0041\\n\\x41"\n`],
  ['control characters', 'printf \'\u0001\u0007\u001b[31m\u007f\'\n'],
  ['many lines', Array.from({ length: 500 }, (_, line) => `echo ${line}`).join('\n')],
]
const POLLS_MAX = 60

/** Runs the suite. */
export function executorContract(name: string, make: () => Promise<ExecutorWorld>, waivers: Waivers = {}): void {
  describe(`executor contract: ${name}`, () => {
    let world: ExecutorWorld
    beforeEach(async () => {
      world = await make()
    })
    afterEach(async () => {
      await world.close()
      expect(world.faults()).toEqual([])
    })

    const context = (signal = new AbortController().signal): CallContext => ({ account: world.account, signal })
    const command = (changes: Partial<RemoteCommand> = {}): RemoteCommand => ({
      token: randomUUID(), runId: randomUUID(), runbookId: 'disk-full-clean-temp', target: world.target(changes.system ?? 'linux'), system: 'linux', script: 'echo hello\n', automation: null, timeoutMs: 60_000, ...changes,
    })
    const ended = async (ref: SentRef, one: RemoteCommand): Promise<Extract<Progress, { kind: 'ended' }>> => {
      for (let poll = 0; poll < POLLS_MAX; poll++) {
        const progress = await world.executor.poll(ref, one, context())
        if (progress.kind === 'ended') return progress
        world.clock.tick(2_000)
      }
      throw new Error(`not ended after ${POLLS_MAX} polls`)
    }
    const ran = async (one: RemoteCommand) => ended(await world.executor.send(one, context()), one)
    const faultOf = async (work: Promise<unknown>): Promise<ExecutorError> => {
      const error: unknown = await work.then(() => new Error('nothing was thrown'), (thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(ExecutorError)
      const told = inspect(error, { depth: 10, showHidden: true })
      for (const secret of world.secrets) expect(told).not.toContain(secret)
      return error as ExecutorError
    }

    it('sends a script once, tells how it goes, and ends with what it printed', async () => {
      const one = command()
      world.next({ goingPolls: 2, end: 'ok', stdout: 'hello\n' })
      const ref = await world.executor.send(one, context())
      expect(Object.values(ref).every((value) => typeof value === 'string')).toBe(true)
      expect((await world.executor.poll(ref, one, context())).kind).toBe('going')
      expect(await ended(ref, one)).toMatchObject({ outcome: 'ok', exitCode: 0, stdout: 'hello\n', isTruncated: false })
      expect(world.taken()).toEqual([{ token: one.token, script: one.script, instanceId: one.target.instanceId }])
      await world.executor.clean(ref, one, context())
    })

    it('runs a PowerShell script on a Windows machine', async () => {
      world.next({ end: 'ok', stdout: 'done\r\n' })
      const one = command({ system: 'windows', script: 'Write-Output done\r\n' })
      expect(await ran(one)).toMatchObject({ outcome: 'ok' })
      expect(world.taken()[0]?.script).toBe(one.script)
    })

    it.each([1, 3, 4])('tells a script that ends with %i as failed, with its code and what it printed', async (exitCode) => {
      world.next({ end: 'failed', exitCode, stdout: '{"outcome":"refused"}\n', stderr: 'cannot\n' })
      expect(await ran(command())).toMatchObject({ outcome: 'failed', exitCode: waivers.noExitCode === undefined ? exitCode : null, stdout: '{"outcome":"refused"}\n', stderr: 'cannot\n' })
    })

    it('tells a script that passed its time limit as timed out', async () => {
      world.next({ end: 'timed_out' })
      expect(await ran(command())).toMatchObject({ outcome: 'timed_out' })
    })

    it.skipIf(waivers.noUndelivered !== undefined)(`tells a command that no machine took as undelivered${waivers.noUndelivered === undefined ? '' : ` (waived: ${waivers.noUndelivered})`}`, async () => {
      world.next({ end: 'undelivered' })
      expect(await ran(command())).toMatchObject({ outcome: 'undelivered', exitCode: null })
    })

    it(`ends a command that is cancelled${waivers.noCancel === undefined ? '' : ` (waived: ${waivers.noCancel})`}`, async () => {
      world.next({ end: 'never' })
      const one = command()
      const ref = await world.executor.send(one, context())
      expect((await world.executor.poll(ref, one, context())).kind).toBe('going')
      expect(world.executor.capabilities.cancel).toBe(waivers.noCancel === undefined)
      if (waivers.noCancel !== undefined) {
        expect(await faultOf(world.executor.cancel(ref, one, context()))).toMatchObject({ fault: 'invalid' })
        return
      }
      await world.executor.cancel(ref, one, context())
      expect(await ended(ref, one)).toMatchObject({ outcome: 'cancelled' })
    })

    it.each(HOSTILE)('hands the machine a script byte for byte: %s', async (_name, script) => {
      world.next({ end: 'ok' })
      await ran(command({ script }))
      const digest = (text: string): string => createHash('sha256').update(text).digest('hex')
      expect(world.taken()[0]?.script).toBe(script)
      expect(digest(world.taken()[0]?.script ?? '')).toBe(digest(script))
    })

    it('refuses a script that is too long, or none at all, before anything is sent', async () => {
      const { scriptMaxBytes } = world.executor.capabilities
      expect(await faultOf(world.executor.send(command({ script: `#${'x'.repeat(scriptMaxBytes)}` }), context()))).toMatchObject({ fault: 'invalid', sent: 'no' })
      expect(await faultOf(world.executor.send(command({ script: null }), context()))).toMatchObject({ fault: 'invalid', sent: 'no' })
      expect(world.taken()).toEqual([])
    })

    it('takes a script as long as it says it can', async () => {
      world.next({ end: 'ok' })
      const script = `echo start\n#${'x'.repeat(world.executor.capabilities.scriptMaxBytes - 12)}`
      await ran(command({ script }))
      expect(world.taken()[0]?.script === script).toBe(true)
    })

    it('brings a long output whole, its last line with it, or says that it does not', async () => {
      const lines = Array.from({ length: 4_000 }, (_, line) => `line ${line} of a long output, žluťoučký`).join('\n')
      const stdout = `${lines}\n{"outcome":"ok"}\n`
      world.next({ end: 'ok', stdout })
      const progress = await ran(command())
      if (waivers.longOutputBytes === undefined) {
        expect(progress.isTruncated).toBe(false)
        expect(progress.stdout.trimEnd() === stdout.trimEnd()).toBe(true)
      } else {
        expect(progress.isTruncated).toBe(true)
        expect(Buffer.byteLength(progress.stdout)).toBeLessThanOrEqual(waivers.longOutputBytes)
      }
      expect(progress.stdout).toContain('{"outcome":"ok"}')
    })

    it.each([
      ['unauthorised', 'unauthorised'], ['forbidden', 'forbidden'], ['throttled', 'throttled'],
    ] as const)('knows that nothing was sent when the cloud answers %s', async (mishap, fault) => {
      await world.mishap(mishap)
      expect(await faultOf(world.executor.send(command(), context()))).toMatchObject({ fault, sent: 'no' })
      expect(world.taken()).toEqual([])
    })

    it('hands on how long a cloud asks to wait', async () => {
      await world.mishap('throttled_for_7s')
      expect(await faultOf(world.executor.send(command(), context()))).toMatchObject({ fault: 'throttled', sent: 'no', retryAfterMs: 7_000 })
    })

    it('knows that nothing was sent when nobody listens', async () => {
      await world.mishap('unreachable')
      expect(await faultOf(world.executor.send(command(), context()))).toMatchObject({ fault: 'unavailable', sent: 'no' })
    })

    it('does not know whether a command was taken when the cloud answers with a failure of its own', async () => {
      await world.mishap('broken')
      expect(await faultOf(world.executor.send(command(), context()))).toMatchObject({ fault: 'unavailable', sent: 'unknown' })
      // Nothing here tries again: that is the engine's to decide.
      expect(world.taken().length).toBeLessThanOrEqual(1)
    })

    it.each(['lost', 'garbled'] as const)(`finds a command whose answer was %s, and it goes on under that name${waivers.noFind === undefined ? '' : ` (waived: ${waivers.noFind})`}`, async (mishap) => {
      const one = command()
      const sinceMs = world.clock.now()
      world.next({ end: 'ok', stdout: 'done\n' })
      await world.mishap(mishap)
      expect((await faultOf(world.executor.send(one, context()))).sent).toBe('unknown')
      expect(world.taken()).toHaveLength(1)
      const found = await world.executor.find(one, sinceMs, context())
      if (waivers.noFind !== undefined) {
        expect(found).toBe('unknown')
        expect(world.executor.capabilities.findsSent).toBe(false)
        return
      }
      if (found === 'absent' || found === 'unknown') throw new Error(`it was ${found}`)
      expect(await ended(found, one)).toMatchObject({ outcome: 'ok', stdout: 'done\n' })
      expect(world.taken()).toHaveLength(1)
    })

    it('says of a command that was never taken that it is absent only once it can know', async () => {
      const sinceMs = world.clock.now()
      world.next({ end: 'ok' })
      await ran(command())
      const one = command()
      if (!world.executor.capabilities.findsSent) {
        expect(await world.executor.find(one, sinceMs, context())).toBe('unknown')
        return
      }
      expect(await world.executor.find(one, world.clock.now(), context())).not.toBeTypeOf('object')
      world.settle()
      expect(await world.executor.find(one, sinceMs, context())).toBe('absent')
    })

    it('ends a call when its signal is aborted, not knowing whether the command was taken', async () => {
      const abort = new AbortController()
      await world.mishap('hang')
      const called = world.sendCalled()
      const sending = world.executor.send(command(), context(abort.signal))
      const failing = faultOf(sending)
      await called
      abort.abort()
      expect(await failing).toMatchObject({ fault: 'timeout', sent: 'unknown' })
    })

    it('sends nothing when its signal is aborted already', async () => {
      expect(await faultOf(world.executor.send(command(), context(AbortSignal.abort())))).toMatchObject({ fault: 'timeout', sent: 'no' })
      expect(world.taken()).toEqual([])
    })

    it('lists machines at none, one, a page, and one more than a page', async () => {
      for (const count of [0, 1, world.pageSize, world.pageSize + 1]) {
        world.machines(count)
        const all = await world.executor.machines({ text: null, tag: { key: 'fleet', value: 'blue' } }, context())
        expect(all).toHaveLength(Math.min(count, 50))
        expect(new Set(all.map(({ instanceId }) => instanceId)).size).toBe(Math.min(count, 50))
        if (count > 0) expect((await world.executor.machines({ text: `m${count - 1}`, tag: null }, context())).map((machine) => machine.name)).toEqual([`m${count - 1}`])
      }
    })

    it('finds a machine by id and by address, and none by a part of its name', async () => {
      world.machines(12)
      const [machine] = await world.executor.machines({ text: 'm11', tag: null }, context())
      expect(machine).toMatchObject({ name: 'm11', system: 'linux', isOnline: true })
      for (const text of [machine!.instanceId, ...machine!.addresses]) expect((await world.executor.machines({ text, tag: null }, context())).map(({ name: found }) => found)).toEqual(['m11'])
      for (const text of ['m1111', 'm', '*', '']) expect(await world.executor.machines({ text, tag: null }, context())).toEqual([])
      expect(await world.executor.machines({ text: null, tag: { key: 'fleet', value: 'red' } }, context())).toEqual([])
    })

    it('waits for its turn before every request of a look-up, and tells no half of a list where one does not come', async () => {
      const count = world.pageSize + 1
      world.machines(count)
      const query = { text: `m${count - 1}`, tag: null }
      let turns = 0
      expect(await world.executor.machines(query, { ...context(), turn: async () => void (turns += 1) })).toHaveLength(1)
      expect(turns).toBeGreaterThanOrEqual(2)
      for (let last = 1; last <= turns; last++) {
        let turn = 0
        const refused = new ExecutorError('throttled', 'no turn')
        expect(await faultOf(world.executor.machines(query, { ...context(), turn: () => (++turn === last ? Promise.reject(refused) : Promise.resolve()) }))).toBe(refused)
      }
    })

    it('checks an account with a harmless command, and says in words that all is well', async () => {
      const target = world.target('linux')
      world.next({ end: 'ok', stdout: 'alert-whisperer check on Linux\n' })
      const checked = await world.executor.check(context(), target)
      expect(checked.findings.filter(({ ok }) => !ok)).toEqual([])
      expect(checked.ok).toBe(true)
      expect(world.taken()).toHaveLength(1)
      expect(checked.findings.length).toBeGreaterThan(1)
    })

    it('checks an account that lacks a right, and says which', async () => {
      const missing = world.takeRight()
      const checked = await world.executor.check(context(), null)
      expect(checked.ok).toBe(false)
      expect(checked.findings.filter(({ ok }) => !ok).map(({ message }) => message).join('\n')).toMatch(missing)
      for (const secret of world.secrets) expect(JSON.stringify(checked)).not.toContain(secret)
    })

    it('is held to the vendor’s description', ({ skip }) => {
      if (!world.isHeld) skip('../shared/specs is not there; requests and answers are held to nothing')
      expect(world.isHeld).toBe(true)
    })
  })
}
