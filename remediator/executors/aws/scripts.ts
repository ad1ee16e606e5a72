/** Scripts by Run Command: sent once, followed, found again by the token in their comment, ended. */
import { CancelCommandCommand, GetCommandInvocationCommand, ListCommandsCommand, SendCommandCommand, type GetCommandInvocationCommandOutput } from '@aws-sdk/client-ssm'
import type { System } from '../../../schemas/runbooks.ts'
import type { Clock } from '../../../schemas/clock.ts'
import { ExecutorError, type Progress, type RemoteCommand, type SentRef } from '../port.ts'
import type { AwsAccess } from './access.ts'
import { OUTPUT_PREFIX } from './access.ts'
import type { Called } from './clients.ts'
import { nameOf } from './faults.ts'
import { fromBucket, fromLogs, isCut, keepsOutput, type Found, type Stream } from './output.ts'
import { POWERSHELL_DOCUMENT, SHELL_DOCUMENT } from './policy.ts'

/** Bytes of a script at most: a document with its parameters may have 64 KB, and JSON makes it longer. */
export const SCRIPT_MAX_BYTES = 48_000
const SCRIPT_JSON_MAX_BYTES = 60_000
/** A machine that takes the command later than this does not run it. The service takes no less than 30. */
const DELIVERY_SECONDS = 60
/** Up to here after sending, a command nobody knows of is normal. */
const INVISIBLE_MS = 120_000
/** How long a whole output may take to come after the command has ended. */
const OUTPUT_LATE_MS = 60_000
/** The lists know of a command by then, and a call that was under way has ended. */
export const SETTLED_MS = 120_000
/** How far this machine's clock and the service's may be apart. */
export const CLOCKS_APART_MS = 300_000
/** A signed call is taken so long after it was begun at the latest, clocks apart included. */
export const SENT_WITHIN_MS = 1_800_000
const LIST_PAGES_MAX = 40

/** A time as filters take it. */
export const second = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')

/** By which document a script runs. */
export const documentOf = (system: System): string => (system === 'windows' ? POWERSHELL_DOCUMENT : SHELL_DOCUMENT)
/** What a command is found by. */
export const commentOf = (token: string): string => `aw ${token}`

/** Why a script cannot be sent as it is, or null. */
export function scriptFault(script: string): string | null {
  if (script.includes('\0') || !script.isWellFormed()) return 'it holds a NUL or half a character'
  // The service would put a stored parameter in its place, on its own way to the machine.
  if (/\{\{\s*ssm(-secure)?:/i.test(script)) return 'it holds {{ssm:…}}, which the service replaces by stored parameters'
  if (Buffer.byteLength(script) > SCRIPT_MAX_BYTES || Buffer.byteLength(JSON.stringify(script)) > SCRIPT_JSON_MAX_BYTES) return `it is longer than ${SCRIPT_MAX_BYTES} bytes`
  return null
}

/** Sends the script; the service runs its bytes as they are. */
export async function sendScript(access: AwsAccess, command: RemoteCommand, script: string, { ssm, abortSignal }: Called, nowMs: number): Promise<SentRef> {
  const { Command: taken } = await ssm.send(new SendCommandCommand({
    DocumentName: documentOf(command.system), InstanceIds: [command.target.instanceId], Comment: commentOf(command.token), TimeoutSeconds: DELIVERY_SECONDS,
    Parameters: { commands: [script], executionTimeout: [String(Math.max(1, Math.ceil(command.timeoutMs / 1000)))] },
    ...(access.outputBucket === null ? {} : { OutputS3BucketName: access.outputBucket, OutputS3KeyPrefix: OUTPUT_PREFIX }),
    ...(access.logGroup === null ? {} : { CloudWatchOutputConfig: { CloudWatchLogGroupName: access.logGroup, CloudWatchOutputEnabled: true } }),
  }), { abortSignal })
  if (taken?.CommandId === undefined) throw new ExecutorError('unavailable', 'sending the command: the answer names no command; it is looked up before anything else is done', { sent: 'unknown' })
  return { commandId: taken.CommandId, sentAtMs: String(nowMs) }
}

/** Asks the lists for the command's token. */
export async function findScript(command: RemoteCommand, sinceMs: number, { ssm, abortSignal }: Called, nowMs: number): Promise<SentRef | 'absent' | 'unknown'> {
  const comment = commentOf(command.token)
  let nextToken: string | undefined
  for (let page = 0; page < LIST_PAGES_MAX; page++) {
    const { Commands: commands = [], NextToken } = await ssm.send(new ListCommandsCommand({
      // Not by machine: a command that has not reached it yet would be left out.
      MaxResults: 50, ...(nextToken === undefined ? {} : { NextToken: nextToken }),
      Filters: [{ key: 'InvokedAfter', value: second(sinceMs - CLOCKS_APART_MS) }, { key: 'InvokedBefore', value: second(sinceMs + SENT_WITHIN_MS) }, { key: 'DocumentName', value: documentOf(command.system) }],
    }), { abortSignal })
    const found = commands.find(({ Comment, InstanceIds }) => Comment === comment && InstanceIds?.includes(command.target.instanceId) === true)
    if (found?.CommandId !== undefined) return { commandId: found.CommandId, sentAtMs: String(found.RequestedDateTime?.getTime() ?? sinceMs) }
    if (NextToken === undefined || NextToken === '') return nowMs - sinceMs >= SETTLED_MS ? 'absent' : 'unknown'
    nextToken = NextToken
  }
  return 'unknown'
}

/** How the script goes. */
export async function pollScript(access: AwsAccess, ref: SentRef, command: RemoteCommand, called: Called, clock: Clock): Promise<Progress> {
  const { commandId = '' } = ref
  const sentAtMs = Number(ref['sentAtMs'])
  let answer: GetCommandInvocationCommandOutput
  try {
    answer = await called.ssm.send(new GetCommandInvocationCommand({ CommandId: commandId, InstanceId: command.target.instanceId }), { abortSignal: called.abortSignal })
  } catch (thrown) {
    if (nameOf(thrown) === 'InvocationDoesNotExist' && clock.now() - sentAtMs < INVISIBLE_MS) return { kind: 'going', stdout: '', stderr: '' }
    throw thrown
  }
  const cut = { stdout: answer.StandardOutputContent ?? '', stderr: answer.StandardErrorContent ?? '' }
  const end = endOf(answer)
  if (end === null) return { kind: 'going', ...cut }
  const endedAtMs = Date.parse(answer.ExecutionEndDateTime ?? '')
  // The time of the end is the machine's: a clock that is slow makes nothing late that was only just sent, and one that is fast makes it wait for no longer than the whole time limit.
  const isLate = clock.now() - Math.max(sentAtMs, Number.isNaN(endedAtMs) ? 0 : endedAtMs) > OUTPUT_LATE_MS || clock.now() - sentAtMs > command.timeoutMs + DELIVERY_SECONDS * 1000 + OUTPUT_LATE_MS
  const whole = await wholeOutput(access, { commandId, command, cut, called, isLate }).catch((thrown: unknown) => {
    // Worth another poll for a while, but no longer: the command has ended, and its result must not be lost for what cannot be read.
    if (isLate) return null
    throw thrown
  })
  if (whole === null && !isLate) return { kind: 'going', ...cut }
  const { stdout, stderr, isTruncated } = whole ?? { ...cut, isTruncated: true }
  const lacks = isTruncated ? (keepsOutput(access) ? 'The output is not whole: the machine has not written all of it to the bucket or log group, or it may not be read there.' : 'The output was cut at 24,000 bytes: name an outputBucket or a logGroup in the cloud account.') : null
  return { kind: 'ended', ...end, stdout, stderr, isTruncated, message: [end.message, lacks].filter((part) => part !== null).join(' ') || null }
}

/** Asks for the script's end. */
export async function cancelScript(ref: SentRef, command: RemoteCommand, { ssm, abortSignal }: Called): Promise<void> {
  await ssm.send(new CancelCommandCommand({ CommandId: ref['commandId'] ?? '', InstanceIds: [command.target.instanceId] }), { abortSignal })
}

interface Cut { readonly stdout: string; readonly stderr: string }

/** Null: some of it is still to come. */
async function wholeOutput(access: AwsAccess, { commandId, command, cut, called, isLate }: { readonly commandId: string; readonly command: RemoteCommand; readonly cut: Cut; readonly called: Called; readonly isLate: boolean }): Promise<(Cut & { readonly isTruncated: boolean }) | null> {
  const read = async (stream: Stream): Promise<Found> => {
    if (!isCut(cut[stream], stream)) return { text: cut[stream], isTruncated: false }
    const wanted = { commandId, instanceId: command.target.instanceId, system: command.system, stream }
    if (access.outputBucket !== null) return fromBucket(access.outputBucket, wanted, called)
    if (access.logGroup === null) return { text: cut[stream], isTruncated: true }
    const found = await fromLogs(access.logGroup, wanted, called)
    // Lines come one after the other: until a script's result is there, or so long that nothing comes any more, it may not be all.
    return found !== null && stream === 'stdout' && !isLate && !RESULT_LINE.test(found.text) ? null : found
  }
  const [stdout, stderr] = [await read('stdout'), await read('stderr')]
  return stdout === null || stderr === null ? null : { stdout: stdout.text, stderr: stderr.text, isTruncated: stdout.isTruncated || stderr.isTruncated }
}

/** The last line of a script of ours. */
const RESULT_LINE = /(^|\n)\{"aw":1,[^\n]*\}\s*$/

type End = Pick<Extract<Progress, { kind: 'ended' }>, 'outcome' | 'exitCode' | 'message'>

/** Null while it goes. The details say more than the status: a command nobody took has not failed. */
function endOf({ Status: status, StatusDetails: details, ResponseCode: code }: GetCommandInvocationCommandOutput): End | null {
  const exitCode = code === undefined || code < 0 ? null : code
  const detail = (details ?? '').replace(/\s+/g, '')
  const undelivered: End = { outcome: 'undelivered', exitCode: null, message: `The machine did not take the command (${detail}): look whether its agent is online.` }
  switch (status) {
    case 'Success':
      return { outcome: 'ok', exitCode: exitCode ?? 0, message: null }
    case 'Cancelled':
      return { outcome: 'cancelled', exitCode, message: null }
    case 'TimedOut':
      return detail === 'DeliveryTimedOut' ? undelivered : { outcome: 'timed_out', exitCode, message: 'The script passed its time limit and was ended.' }
    case 'Failed':
      return exitCode === null && detail !== 'Failed' ? undelivered : { outcome: 'failed', exitCode, message: exitCode === null ? `The service says ${detail}.` : null }
    default:
      return null
  }
}
