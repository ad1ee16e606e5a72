/** What the checks of clouds share: steps that become findings, and a harmless command that is waited for. */
import { randomUUID } from 'node:crypto'
import type { Clock } from '../../schemas/clock.ts'
import type { System } from '../../schemas/runbooks.ts'
import type { CloudCheck } from '../../schemas/runs.ts'
import { ExecutorError, type CallContext, type Executor, type RemoteCommand } from './port.ts'

/** A machine a check may try a command on. */
export interface CheckedMachine {
  readonly instanceId: string
  readonly group: string | null
  readonly region: string
  readonly system: System
}

/** Words the harmless command prints. */
const WORDS = 'alert-whisperer check'
const SCRIPTS: Readonly<Record<System, string>> = { linux: `#!/bin/sh\necho '${WORDS}'\n`, windows: `Write-Output '${WORDS}'\n` }
/** Pause between two looks. */
const EVERY_MS = 3_000

/** Collects findings: each step answers with its sentence, or throws ExecutorError, which ends the steps. */
export class CheckSteps {
  readonly #findings: CloudCheck['findings'][number][] = []

  /** Makes a step unless one before it failed. */
  async step(name: string, make: () => Promise<string>): Promise<void> {
    if (!this.isGood) return
    try {
      this.#findings.push({ name, ok: true, message: await make() })
    } catch (thrown) {
      if (!(thrown instanceof ExecutorError)) throw thrown
      this.#findings.push({ name, ok: false, message: thrown.message })
    }
  }

  get isGood(): boolean {
    return this.#findings.every(({ ok }) => ok)
  }

  /** All findings. */
  get check(): CloudCheck {
    return { ok: this.isGood, findings: this.#findings }
  }
}

/** Sends a command that only prints, waits for its end and removes it. Answers with the cloud's name of it; throws where it did not end well within `withinMs`. */
export async function harmlessRun(executor: Executor, context: CallContext, clock: Clock, machine: CheckedMachine, withinMs: number): Promise<Readonly<Record<string, string>>> {
  const command: RemoteCommand = {
    token: `aw-check-${randomUUID()}`, runId: 'check', system: machine.system, script: SCRIPTS[machine.system], automation: null, timeoutMs: 60_000,
    target: { asset: machine.instanceId, cloud: executor.cloud, cloudAccountId: context.account.id, system: machine.system, region: machine.region, instanceId: machine.instanceId, group: machine.group, foundBy: 'person', isCritical: false },
  }
  const ref = await executor.send(command, context)
  const untilMs = clock.now() + withinMs
  for (;;) {
    const progress = await executor.poll(ref, command, context)
    const isLate = progress.kind === 'going' && clock.now() >= untilMs
    if (progress.kind === 'ended' || isLate) await executor.clean(ref, command, context)
    if (isLate) throw new ExecutorError('timeout', `the harmless command was taken, and did not end within ${withinMs / 1_000} s`)
    if (progress.kind === 'ended') {
      if (progress.outcome !== 'ok' || !progress.stdout.includes(WORDS)) throw new ExecutorError('unavailable', `the harmless command ended as ${progress.outcome}${progress.message === null ? '' : `: ${progress.message}`}`)
      return ref
    }
    try {
      await clock.sleep(Math.max(EVERY_MS, progress.retryAfterMs ?? 0), context.signal)
    } catch {
      throw new ExecutorError('timeout', 'the check was ended')
    }
  }
}
