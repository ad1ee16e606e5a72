/**
 * Alertmanager's API v2 (api/v2/openapi.yaml), so that Prometheus, vmalert, the rulers of Loki, Mimir and Thanos, and amtool send to us as to an
 * Alertmanager. They resend a firing alert every minute or so; the processing stage counts repeats.
 */
import { JSON_TYPE, json, type Answer, type DropIn, type Question, type RefusedRequest } from './drop-in.ts'
import { readJson } from './read-object.ts'

const SOURCE = 'alertmanager'
/** The release whose API this is. */
const VERSION = '0.28.0'

/** The openapi file gives errors as a JSON string. */
function refusal({ status, message }: RefusedRequest): Answer {
  return json(status, message)
}

/** `POST /api/v2/alerts`. */
export const ALERTMANAGER: readonly DropIn[] = [{
  methods: ['POST'], path: '/api/v2/alerts', source: SOURCE, refusal,
  take: ({ body }) => {
    const read = readJson(body)
    if ('fault' in read) return read.fault
    if (!Array.isArray(read.value)) return { code: 'body_invalid', message: 'The body must be an array of alerts, as Prometheus sends it; webhook_configs of Alertmanager go to /api/webhooks/alertmanager.' }
    return { body, contentType: JSON_TYPE, answer: { status: 200, contentType: JSON_TYPE, body: '' } }
  },
}]

/** `GET /api/v2/status`, which amtool and dashboards ask before anything else. */
export const ALERTMANAGER_QUESTIONS: readonly Question[] = [{
  methods: ['GET'], path: '/api/v2/status', source: SOURCE, needsKey: true, refusal,
  answer: (_request, { startedAtMs }) => json(200, {
    cluster: { status: 'disabled', peers: [] },
    config: { original: '' },
    uptime: new Date(startedAtMs).toISOString(),
    versionInfo: { version: VERSION, branch: '', revision: '', buildUser: '', buildDate: '', goVersion: '' },
  }),
}]
