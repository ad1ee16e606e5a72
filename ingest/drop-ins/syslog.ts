import type { DropIn } from './drop-in.ts'
import { readJson } from './read-object.ts'

/**
 * `POST /api/webhooks/syslog`: lines of RFC 5424 or 3164, one or many, with or without octet counts; or JSON, one object or an array. rsyslog's
 * omhttp says JSON whatever it sends, so the body itself decides what it is.
 */
export const SYSLOG: readonly DropIn[] = [{
  methods: ['POST'], path: '/api/webhooks/syslog', source: 'syslog', refusal: null,
  take: ({ body }) => {
    const start = body.subarray(0, 64).toString('utf8').replace(/^\ufeff/, '').trimStart()
    if (body.length === 0) return { code: 'body_invalid', message: 'The body is empty; send one line of syslog or more.' }
    if (!start.startsWith('{') && !start.startsWith('[')) return { body, contentType: 'text/plain; charset=utf-8', answer: null }
    const read = readJson(body)
    // Objects one to a line, as omhttp batches them, are no JSON as a whole.
    if ('fault' in read) return start.startsWith('{') && body.includes('\n') ? { body, contentType: 'application/x-ndjson', answer: null } : read.fault
    return { body, contentType: 'application/json', answer: null }
  },
}]
