/** Deliveries through the processing stage as it is wired, and everything it publishes through its codecs. */
import type { DeadLetter, Delivery, ProcessEntry, RawRecord } from '../../../schemas/records.ts'
import { openCodec, openRecordCodec, schemaText } from '../../../schemas/codec.ts'
import { TOPICS } from '../../../schemas/topics.ts'
import { processStage } from '../../../processors/process-stage.ts'
import { StateView } from '../../../processors/stage.ts'
import { memoryIds } from '../../../ingest/testing/edge.ts'
import { normalise } from '../../../app/roles/wiring.ts'
import { bodyOf } from '../bodies.ts'
import type { Corpus } from '../corpus.ts'
import { checkPrototypes, must, tellsNothing } from '../invariants.ts'
import { oddText } from '../odd.ts'
import type { Target } from '../target.ts'

/** Deliveries one state sees at most. */
const DELIVERIES_MAX = 200

/** The stage over deliveries of every source. */
export async function stageTarget(corpus: Corpus): Promise<Target> {
  const stage = processStage({ normalise, correlationPartitions: 2, maxOpenProblems: 50 })
  const codecs = new Map<string, { encode(record: never): Buffer; decode(value: Buffer): unknown }>([
    [TOPICS.alerts.name, await openCodec(TOPICS.alerts.name, memoryIds)],
    [TOPICS.correlation.name, await openCodec(TOPICS.correlation.name, memoryIds)],
    [TOPICS.deadLetter.name, await openCodec(TOPICS.deadLetter.name, memoryIds)],
  ])
  const entries = await openRecordCodec<ProcessEntry>('state-process', schemaText('state-process'), memoryIds)
  const sources = [...corpus.bySource]
  return {
    name: 'stage', share: 8,
    run(random, note) {
      const state = new StateView<ProcessEntry>()
      const deliveries = 1 + random.int(random.once(50) ? DELIVERIES_MAX : 4)
      for (let position = 0; position < deliveries; position++) {
        const [source, samples] = random.pick(sources)
        const body = bodyOf(random.pick(samples), random, corpus.stock)
        note({ ...body, what: source })
        const event: Delivery = {
          type: 'delivery', deliveryId: `d${random.int(3)}`, companyId: 'c', integrationId: 'i', source: source === 'unknown' ? 'some-tool' : source, replayable: random.once(2), elements: 1, receivedAtMs: 0,
          contentType: body.contentType, headers: random.once(4) ? { 'user-agent': oddText(random).slice(0, 1_000) } : {}, body: body.bytes, replay: null,
        }
        const record: RawRecord = { event }
        const { fates, out } = stage.process([{ partition: 0, position, atMs: 1_767_225_600_000 + position * 1_000, key: 'i', record }], state)
        must(fates.length === 1, 'a delivery has one fate')
        must(out.length > 0, 'a delivery has a row in the ledger')
        for (const { topic, record: published } of out) {
          const codec = codecs.get(topic)
          must(codec !== undefined, 'it publishes to topics it has')
          codec.decode(codec.encode(published as never))
          if (topic === TOPICS.deadLetter.name) tellsNothing((published as DeadLetter).message, 'a dead letter\'s message')
        }
        for (const entry of state.takeDelta().values()) if (entry !== null) entries.decode(entries.encode(entry))
        checkPrototypes()
      }
    },
  }
}
