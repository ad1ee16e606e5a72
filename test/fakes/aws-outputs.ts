/** Reading of buckets and log groups, as S3 and CloudWatch Logs answer. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { AwsRefusal, fits, type FakeSession } from './aws-sts.ts'
import type { AwsFake } from './aws-types.ts'

const PAGE_LINES = 1_000

/** GetLogEvents, newest first. The token of an exhausted stream is the one that was given. */
export function readLogs(groups: AwsFake['logGroups'], body: Readonly<Record<string, unknown>>, authorise: (group: string, stream: string) => void, nowMs: number): Readonly<Record<string, unknown>> {
  const { logGroupName = '', logStreamName = '', nextToken } = body as { logGroupName?: string; logStreamName?: string; nextToken?: string }
  authorise(logGroupName, logStreamName)
  const group = groups.get(logGroupName)
  if (group === undefined) throw new AwsRefusal('ResourceNotFoundException', 'The specified log group does not exist.')
  const lines = group.get(logStreamName)
  if (lines === undefined) throw new AwsRefusal('ResourceNotFoundException', 'The specified log stream does not exist.')
  const end = nextToken === undefined ? lines.length : Number(nextToken.slice(2))
  const from = Math.max(0, end - PAGE_LINES)
  return { events: lines.slice(from, end).map((message) => ({ timestamp: nowMs, message })), nextBackwardToken: `b/${from}`, nextForwardToken: `f/${end}` }
}

/** GetObject, with a range from the end. */
export function readObject(buckets: AwsFake['buckets'], request: IncomingMessage, response: ServerResponse, session: FakeSession | null, isDenied: boolean): void {
  const [, bucket = '', ...rest] = decodeURIComponent(new URL(request.url ?? '/', 'http://fake').pathname).split('/')
  const key = rest.join('/')
  const fault = (status: number, code: string): void => void response.writeHead(status, { 'content-type': 'application/xml' }).end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`)
  const may = (action: string, resource: string): boolean => session?.policy?.Statement.some(({ Action, Resource }) => [Action].flat().includes(action) && [Resource].flat().some((one) => fits(one, resource))) ?? true
  if (!may('s3:GetObject', `arn:aws:s3:::${bucket}/${key}`) || isDenied) return fault(403, 'AccessDenied')
  const found = buckets.get(bucket)
  if (found === undefined) return fault(404, 'NoSuchBucket')
  const bytes = found.get(key)
  // Whether a key is missing is told only to who may list the bucket.
  if (bytes === undefined) return may('s3:ListBucket', `arn:aws:s3:::${bucket}`) ? fault(404, 'NoSuchKey') : fault(403, 'AccessDenied')
  const last = Number(/^bytes=-(\d+)$/.exec(request.headers.range ?? '')?.[1] ?? bytes.length)
  const part = bytes.subarray(Math.max(0, bytes.length - last))
  response.writeHead(206, { 'content-length': String(part.length), 'content-range': `bytes ${bytes.length - part.length}-${bytes.length - 1}/${bytes.length}` }).end(part)
}
