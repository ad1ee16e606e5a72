/** The edge as it listens: requests of every kind over real sockets, one, several in a row, in pieces, cut off. */
import type { AddressInfo } from 'node:net'
import { KEY, makeEdge, SECRET, credential, type Edge } from '../../../ingest/testing/edge.ts'
import { BODY_BYTES_MAX } from '../bodies.ts'
import type { Corpus } from '../corpus.ts'
import { exchange } from '../http.ts'
import { checkPrototypes, must, tellsNothing } from '../invariants.ts'
import { CANARY } from '../odd.ts'
import type { Random } from '../random.ts'
import { HEAD_CANARY, requestOf, type RequestBytes } from '../requests.ts'
import type { Target } from '../target.ts'

/** What the interface page names, then what the runtime's own parser of heads says: 408, 414, 417, 431 and 501. */
const STATUSES = new Set([200, 202, 400, 401, 404, 413, 415, 429, 503, 408, 414, 417, 431, 501])
/** Statuses of refusals, which never repeat what was sent. */
const REFUSED_FROM = 400

/** The edge; it starts with the first input. */
export async function edgeTargets(corpus: Corpus): Promise<readonly Target[]> {
  let started: Promise<{ edge: Edge; port: number }> | null = null
  const start = async (): Promise<{ edge: Edge; port: number }> => {
    const edge = await makeEdge({ keys: [credential({ requestsPerMinute: 1e6, burst: 1e6 })], authFailuresPerMinute: 1e9, httpGet: () => Promise.resolve({ statusCode: 200, text: '' }) })
    await edge.app.listen({ port: 0, host: '127.0.0.1' })
    return { edge, port: (edge.app.server.address() as AddressInfo).port }
  }
  return [{
    name: 'edge', share: 12, limitMs: 30_000,
    async run(random, note) {
      started ??= start()
      const { edge, port } = await started
      edge.clock.tick(60_000)
      const requests = random.list(1, random.once(6) ? 4 : 1, () => requestOf(random, corpus, edge.clock.now()))
      const sent = cut(requests, random)
      note({ bytes: Buffer.concat(sent.pieces), what: `${requests.length} requests, cut off ${sent.isCutOff}` })
      const answers = await exchange(port, { ...sent, methods: requests.map(({ method }) => method) })
      const told = edge.report.lines.splice(0).join('\n')
      const landed = Buffer.concat(edge.log.landed.splice(0).map(({ value }) => value)).toString('latin1')
      edge.log.appends.splice(0)
      edge.memory.known.clear()
      must(answers.length > 0 || sent.isCutOff, 'a whole request is answered')
      must(edge.app.server.listening, 'the edge goes on listening')
      for (const { status, head, body } of answers) {
        must(STATUSES.has(status), `the status is one of those documented, not ${status}: ${told.slice(0, 300)}`)
        tellsNothing(head + body, 'an answer', [KEY, SECRET, HEAD_CANARY])
        if (status >= REFUSED_FROM) tellsNothing(head + body, 'a refusal', [CANARY])
        // Products tell the client the id that it chose itself.
        must(body.length < BODY_BYTES_MAX, 'an answer is no longer than what was asked')
      }
      tellsNothing(told, 'the log of the server', [KEY, SECRET, HEAD_CANARY, CANARY])
      // Where a body is said to be longer than it is, the head of the next request is part of it.
      if (!sent.isCutOff) tellsNothing(landed, 'what is kept', [KEY, SECRET, HEAD_CANARY])
      checkPrototypes()
    },
    async close() {
      if (started !== null) await (await started).edge.app.close()
    },
  }]
}

/** Requests as they go over the wire: at once, in pieces, or with the end missing. */
function cut(requests: readonly RequestBytes[], random: Random): { readonly pieces: readonly Buffer[]; readonly answers: number; readonly isCutOff: boolean } {
  const whole = Buffer.concat(requests.map(({ bytes }) => bytes))
  const isFramed = requests.every((request) => request.isFramed)
  const isTruncated = random.once(10)
  const bytes = isTruncated ? whole.subarray(0, random.int(whole.length)) : whole
  const pieces: Buffer[] = []
  const isSplit = random.once(4)
  for (let at = 0; at < bytes.length; ) {
    const size = isSplit && pieces.length < 30 ? 1 + random.int(Math.ceil(bytes.length / 4)) : bytes.length
    pieces.push(bytes.subarray(at, at + size))
    at += size
  }
  return { pieces, answers: requests.length, isCutOff: !isFramed || isTruncated }
}
