/**
 * Action run command, where managed ones are refused: one at a time on a machine, it cannot be ended or found again, keeps the last 4,096 bytes and tells no exit code. So the exit code
 * is the one the script's own last line stands for.
 */
import type { RunCommandResult } from '@azure/arm-compute'
import type { Progress, RemoteCommand, SentRef } from '../port.ts'
import { clean } from './faults.ts'
import { readOperation, statusOf } from './managed.ts'
import type { AzureSession } from './session.ts'

/** Bytes Azure keeps, less a character that was cut through. */
const KEPT_BYTES = 4_096 - 3
const COMMANDS = { linux: 'RunShellScript', windows: 'RunPowerShellScript' } as const
/** Exit codes of the script contract. */
const EXIT_CODES: Readonly<Record<string, number>> = { ok: 0, failed: 1, refused: 3, repeated: 4 }

/** Starts it; it is taken once this returns. */
export async function startAction(session: AzureSession, command: RemoteCommand, group: string, script: string): Promise<SentRef> {
  return session.call('sending an action run command', true, async (client, signal) => {
    const poller = client.virtualMachines.runCommand(group, command.target.instanceId, { commandId: COMMANDS[command.system], script: script.split('\n') }, { abortSignal: signal })
    await poller.submitted()
    const serialized = await poller.serialize()
    const operation = statusOf(serialized)
    if (operation !== null) return { kind: 'action', operation }
    // It ended within the first answer, which is then all there is.
    return { kind: 'action', answer: JSON.stringify(poller.operationState?.result ?? {}) }
  })
}

/** How it goes. */
export async function pollAction(session: AzureSession, command: RemoteCommand, ref: SentRef): Promise<Progress> {
  if (ref.answer !== undefined) return actionEnded(command, JSON.parse(ref.answer) as RunCommandResult)
  const { status, message, raw, result } = await readOperation<RunCommandResult>(session, ref.operation ?? '')
  if (status === 'running') return { kind: 'going', stdout: '', stderr: '', retryAfterMs: session.retryAfterMs }
  if (status === 'succeeded') return actionEnded(command, result ?? {})
  // A script that fails fails the operation on Linux too; then its words hold what it printed.
  const told = partsOf(raw)
  if (status === 'failed' && told !== null) return ended(told, exitCodeOf(told.stdout, raw), true)
  return { kind: 'ended', outcome: status === 'cancelled' ? 'cancelled' : 'undelivered', exitCode: null, stdout: '', stderr: '', isTruncated: false, message }
}

/** The end, from Azure's result: on Linux one text of parts, on Windows one status a stream. */
export function actionEnded({ system }: Pick<RemoteCommand, 'system'>, { value = [] }: RunCommandResult): Progress {
  if (system === 'windows') {
    const of = (stream: string): string => value.find(({ code }) => code?.startsWith(`ComponentStatus/${stream}/`) === true)?.message ?? ''
    const parts = { stdout: of('StdOut'), stderr: of('StdErr') }
    return ended(parts, exitCodeOf(parts.stdout, ''), value.some(({ code }) => /^ComponentStatus\/.*\/failed$/.test(code ?? '')))
  }
  const message = value[0]?.message ?? ''
  const parts = partsOf(message) ?? { stdout: '', stderr: '' }
  return ended(parts, exitCodeOf(parts.stdout, message), /\/failed$/.test(value[0]?.code ?? ''))
}

function ended(parts: { readonly stdout: string; readonly stderr: string }, exitCode: number | null, hasFailed: boolean): Progress {
  const isTruncated = Math.max(Buffer.byteLength(parts.stdout), Buffer.byteLength(parts.stderr)) >= KEPT_BYTES
  const outcome = exitCode === null ? (hasFailed ? 'failed' : 'ok') : exitCode === 0 ? 'ok' : 'failed'
  return { kind: 'ended', outcome, exitCode, ...parts, isTruncated, message: exitCode === null ? 'an action run command tells no exit code, and the script’s last line told none' : null }
}

/** `…[stdout]…[stderr]…`, where the parts are. */
function partsOf(message: string): { readonly stdout: string; readonly stderr: string } | null {
  const begin = message.indexOf('[stdout]')
  const middle = message.lastIndexOf('[stderr]')
  if (begin < 0 || middle < begin) return null
  const cut = (text: string): string => text.replace(/^ ?\n?/, '').replace(/\n$/, '')
  return { stdout: cut(message.slice(begin + 8, middle)), stderr: cut(message.slice(middle + 8)) }
}

/** From the JSON of the script's last line, else from what Azure's agent says in passing. */
function exitCodeOf(stdout: string, message: string): number | null {
  const line = stdout.trimEnd().split('\n').at(-1) ?? ''
  try {
    const outcome = line.startsWith('{"aw":1,') ? (JSON.parse(line) as { outcome?: unknown }).outcome : undefined
    if (typeof outcome === 'string' && outcome in EXIT_CODES) return EXIT_CODES[outcome] ?? null
  } catch {
    // Not the result line, then; the agent's words remain.
    return exitStatusOf(message)
  }
  return exitStatusOf(message)
}

function exitStatusOf(message: string): number | null {
  const told = /\bexit (?:status|code)[ =:]+(\d{1,3})\b/.exec(clean(message.split('[stdout]')[0] ?? ''))?.[1]
  return told === undefined ? null : Number(told)
}
