import type { AlertStatus } from '../../../schemas/records.ts'
import { makeAlert, readEach, reject } from '../build.ts'
import { at, firstText, isObject } from '../json.ts'
import type { Normalised } from '../source.ts'
import { instantMs } from '../time.ts'
import { statusFrom, type StatusTable } from '../words.ts'

/** Ends of a job, by the event's name and by the job's own status; a job that began says nothing. */
const JOB_EVENTS: StatusTable = { job_failed: 'firing', job_errored: 'firing', failed: 'firing', errored: 'firing', job_completed: 'resolved', completed: 'resolved' }

/** One event; an array where a relay gathered several. Objects that were created, updated or deleted are documentation and carry no alert. */
export function normalise(payload: unknown): Normalised {
  return Array.isArray(payload) ? readEach(payload, '', readOne) : readOne(payload, '')
}

function readOne(body: unknown, path: string): Normalised {
  const event = firstText(body, 'event')
  if (!isObject(body) || event === null) return [reject(path, 'no `event`; leave the body template of the NetBox webhook empty')]
  const data = at(body, 'data')
  const status = statusOf(event, data)
  if (status === 'unknown') return []
  const job = firstText(data, 'name', 'display') ?? firstText(body, 'model')
  const object = firstText(data, ['object', 'display'], ['object', 'name'], 'object_name')
  const objectId = firstText(data, 'object_id', ['object', 'id'])
  return [
    makeAlert({
      source: 'netbox',
      // The object whose job it is: its next run ends what the last one began.
      externalId: objectId === null ? null : ['job', firstText(data, 'object_type') ?? firstText(body, 'model', 'object_type'), objectId, firstText(data, 'name')].map((part) => part ?? '').join(':'),
      asset: object ?? job,
      signature: job === null ? 'Job' : `Job: ${job}`,
      severity: 'unknown',
      status,
      title: status === 'firing' ? `Job failed: ${job ?? 'unnamed'}` : `Job completed: ${job ?? 'unnamed'}`,
      message: firstText(data, 'error'),
      startsAtMs: status === 'resolved' ? null : instantMs(firstText(data, 'started') ?? firstText(body, 'timestamp')),
      labels: [
        ['event', event],
        ['model', firstText(body, 'model', 'object_type')],
        ['username', firstText(body, 'username')],
        ['request_id', firstText(body, 'request_id')],
        ['job_id', firstText(data, 'job_id', 'id')],
        ['url', firstText(data, 'display_url', 'url')],
      ],
    }),
  ]
}

/** `job_end` of NetBox 3 and 4.0 tells the outcome only in the job's status. */
function statusOf(event: string, data: unknown): AlertStatus {
  const named = statusFrom(JOB_EVENTS, event)
  if (named !== 'unknown' || event !== 'job_end') return event.startsWith('job') ? named : 'unknown'
  return statusFrom(JOB_EVENTS, firstText(data, ['status', 'value'], 'status'))
}
