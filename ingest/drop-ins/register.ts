import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify'
import { UNVOUCHED_BYTES, type Receiver } from '../receiver.ts'
import { ALERTMANAGER, ALERTMANAGER_QUESTIONS } from './alertmanager.ts'
import { CLOUDEVENTS, CLOUDEVENTS_QUESTIONS } from './cloudevents.ts'
import type { DropIn, Question } from './drop-in.ts'
import { EMAIL } from './email.ts'
import { OPENTELEMETRY } from './opentelemetry.ts'
import { OPSGENIE, OPSGENIE_QUESTIONS } from './opsgenie.ts'
import { PAGERDUTY } from './pagerduty.ts'
import { SYSLOG } from './syslog.ts'
import { VICTOROPS } from './victorops.ts'

/** Every address of another product that takes deliveries. */
export const DROP_INS: readonly DropIn[] = [...ALERTMANAGER, ...CLOUDEVENTS, ...EMAIL, ...OPENTELEMETRY, ...OPSGENIE, ...PAGERDUTY, ...SYSLOG, ...VICTOROPS]
/** Every address of another product that is only asked. */
export const QUESTIONS: readonly Question[] = [...ALERTMANAGER_QUESTIONS, ...CLOUDEVENTS_QUESTIONS, ...OPSGENIE_QUESTIONS]

/** Before any address of the edge the key may stand in the path, for tools that let one set nothing but a URL; logs leave it out (`redactedUrl`). */
export const KEY_PREFIX = '/in/:key'

/** Adds the routes, in a scope that reads any content type: what a body is allowed to be, each drop-in says itself. */
export async function registerDropIns(scope: FastifyInstance, receiver: Receiver, options: { readonly bodyBytes: number; readonly startedAtMs: number }): Promise<void> {
  const { bodyBytes, startedAtMs } = options
  await scope.register(async (inner) => {
    inner.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: bodyBytes }, (_request: FastifyRequest, body: Buffer, done: (error: Error | null, body?: unknown) => void) => done(null, body))
    for (const dropIn of DROP_INS) {
      for (const url of urlsOf(dropIn.path)) {
        inner.route({
          method: dropIn.methods as HTTPMethods[], url, bodyLimit: dropIn.hasKeyInBody === true ? Math.min(bodyBytes, UNVOUCHED_BYTES) : bodyBytes,
          onRequest: (request, reply, done) => receiver.admitDropIn(dropIn, request, reply, done),
          handler: (request, reply) => receiver.receiveDropIn(dropIn, request, reply),
        })
      }
    }
    for (const question of QUESTIONS) {
      const handler = (request: FastifyRequest, reply: FastifyReply): void => receiver.answerQuestion(question, startedAtMs, request, reply)
      for (const url of urlsOf(question.path)) inner.route({ method: question.methods as HTTPMethods[], url, handler })
    }
    // Fastify's own answer would repeat the path, and with it the key.
    inner.all(`${KEY_PREFIX}/*`, (request, reply) => receiver.refuse(request, reply, 'not_found', 'No such address. After /in/<key> comes the path of a webhook or of a drop-in endpoint.'))
  })
}

function urlsOf(path: string): readonly string[] {
  return path.includes('/:key') ? [path] : [path, `${KEY_PREFIX}${path}`]
}
