/** The whole output of a command whose answer was cut: from the bucket or the log group that the machine writes to. */
import { Readable } from 'node:stream'
import { GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import { GetObjectCommand, type GetObjectCommandOutput } from '@aws-sdk/client-s3'
import type { System } from '../../../schemas/runbooks.ts'
import type { AwsAccess } from './access.ts'
import { OUTPUT_PREFIX } from './access.ts'
import type { Called } from './clients.ts'
import { nameOf } from './faults.ts'

/** Bytes an answer holds at most; what is longer is cut at its end, where scripts tell their result. */
export const ANSWER_MAX = { stdout: 24_000, stderr: 8_000 } as const
/** Bytes of an output that are kept: its last ones. */
export const OUTPUT_MAX_BYTES = 1_048_576
const LOG_PAGES_MAX = 40
/** The agent’s own, of its present versions and of older ones. */
const CUT_MARK = /-{2,4}(output|error) truncated-{2,4}\s*$/i

/** One of the two streams of a command. */
export type Stream = keyof typeof ANSWER_MAX

/** Which output is wanted. */
export interface Wanted {
  readonly commandId: string
  readonly instanceId: string
  readonly system: System
  readonly stream: Stream
}

/** A whole output, or the end of a very long one; null: it is not there (yet). */
export type Found = { readonly text: string; readonly isTruncated: boolean } | null

/** Whether an answer's text is only the beginning. */
export function isCut(text: string, stream: Stream): boolean {
  return Buffer.byteLength(text) >= ANSWER_MAX[stream] || CUT_MARK.test(text)
}

/** Reads it from the bucket. The address in the answer is not followed: a key under our own prefix is put together instead. */
export async function fromBucket(bucket: string, { commandId, instanceId, system, stream }: Wanted, { s3, abortSignal }: Called): Promise<Found> {
  const plugin = system === 'windows' ? 'awsrunPowerShellScript' : 'awsrunShellScript'
  try {
    const answer = await s3().send(new GetObjectCommand({ Bucket: bucket, Key: `${OUTPUT_PREFIX}/${commandId}/${instanceId}/${plugin}/0.${plugin}/${stream}`, Range: `bytes=-${OUTPUT_MAX_BYTES}` }), { abortSignal })
    const bytes = await bodyOf(answer.Body, abortSignal)
    const whole = Number(/\/(\d+)$/.exec(answer.ContentRange ?? '')?.[1] ?? bytes.length)
    return lastOf(Buffer.from(bytes), whole > bytes.length)
  } catch (thrown) {
    // An empty object has no range.
    if (nameOf(thrown) === 'InvalidRange') return { text: '', isTruncated: false }
    // S3 tells only those who may list the bucket that a key is missing; to all others it is forbidden.
    if (['NoSuchKey', 'AccessDenied', 'Forbidden'].includes(nameOf(thrown))) return null
    throw thrown
  }
}

/** Reads it from the log group, newest first until there is enough. Its events are lines. */
export async function fromLogs(group: string, { commandId, instanceId, system, stream }: Wanted, { logs, abortSignal }: Called): Promise<Found> {
  const client = logs()
  const lines: string[] = []
  let bytes = 0
  let nextToken: string | undefined
  try {
    for (let page = 0; page < LOG_PAGES_MAX && bytes < OUTPUT_MAX_BYTES; page++) {
      const { events = [], nextBackwardToken } = await client.send(new GetLogEventsCommand({
        logGroupName: group, logStreamName: `${commandId}/${instanceId}/${system === 'windows' ? 'aws-runPowerShellScript' : 'aws-runShellScript'}/${stream}`, startFromHead: false, ...(nextToken === undefined ? {} : { nextToken }),
      }), { abortSignal })
      const texts = events.map(({ message = '' }) => message)
      lines.unshift(...texts)
      bytes += texts.reduce((sum, text) => sum + Buffer.byteLength(text) + 1, 0)
      // The same token again: there is nothing older.
      if (nextBackwardToken === undefined || nextBackwardToken === nextToken) return lines.length === 0 ? null : lastOf(Buffer.from(lines.join('\n')), false)
      nextToken = nextBackwardToken
    }
  } catch (thrown) {
    if (nameOf(thrown) === 'ResourceNotFoundException') return null
    throw thrown
  }
  return lastOf(Buffer.from(lines.join('\n')), true)
}

/** The library's own signal ends with the headers. */
async function bodyOf(body: GetObjectCommandOutput['Body'], signal: AbortSignal): Promise<Uint8Array> {
  if (body === undefined) return new Uint8Array()
  const end = (): void => {
    if (body instanceof Readable) body.destroy(Object.assign(new Error('the output did not come in time'), { name: 'TimeoutError' }))
  }
  if (signal.aborted) end()
  signal.addEventListener('abort', end, { once: true })
  try {
    return await body.transformToByteArray()
  } finally {
    signal.removeEventListener('abort', end)
  }
}

/** Whether a company keeps whole outputs anywhere. */
export const keepsOutput = ({ outputBucket, logGroup }: AwsAccess): boolean => outputBucket !== null || logGroup !== null

function lastOf(bytes: Buffer, isTruncated: boolean): { text: string; isTruncated: boolean } {
  const kept = bytes.length > OUTPUT_MAX_BYTES ? bytes.subarray(bytes.length - OUTPUT_MAX_BYTES) : bytes
  return { text: kept.toString('utf8'), isTruncated: isTruncated || kept.length < bytes.length }
}
