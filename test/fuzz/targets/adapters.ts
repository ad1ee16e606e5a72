/** Every adapter, and the recogniser, over mutated payloads of its own and of its neighbours. */
import { parseBody } from '../../../processors/sources/parse.ts'
import { ADAPTERS, adapterFor } from '../../../processors/sources/registry.ts'
import type { DeliveryContext, SourceAdapter } from '../../../processors/sources/source.ts'
import { frozen } from '../../harness/golden.ts'
import { bodyOf, type Body } from '../bodies.ts'
import type { Corpus, Sample } from '../corpus.ts'
import { checkNormalised, checkPrototypes, checkRefused, must } from '../invariants.ts'
import { oddText } from '../odd.ts'
import type { Random } from '../random.ts'
import type { Target } from '../target.ts'

/** One target an adapter; the recogniser's takes the payloads of all. */
export function adapterTargets(corpus: Corpus): Target[] {
  const everything = [...corpus.bySource.values()].flat()
  const targets = ADAPTERS.map((adapter) => {
    const own = corpus.bySource.get(adapter.id) ?? []
    return adapterTarget(`adapter/${adapter.id}`, adapterFor(adapter.id), corpus, (random) => (random.once(12) ? random.pick(everything) : random.pick(own)), 1)
  })
  return [...targets, adapterTarget('recogniser', adapterFor('some-tool'), corpus, (random) => random.pick(everything), 12)]
}

function adapterTarget(name: string, adapter: SourceAdapter, corpus: Corpus, choose: (random: Random) => Sample, share: number): Target {
  return {
    name, share,
    run(random, note) {
      const body = bodyOf(choose(random), random, corpus.stock)
      note(body)
      feed(adapter, body, contextOf(body, random))
    },
  }
}

/** Parses and reads a body twice; both answers must be the same and within the limits. */
export function feed(adapter: SourceAdapter, body: Body, context: DeliveryContext): void {
  let payload: unknown
  try {
    payload = parseBody(body.bytes, body.contentType)
  } catch (thrown) {
    return checkRefused(thrown)
  } finally {
    checkPrototypes()
  }
  // Frozen, so that whoever changes the payload throws.
  const first = adapter.normalise(frozen(payload), context)
  checkNormalised(first)
  const text = JSON.stringify(first)
  must(JSON.stringify(adapter.normalise(payload, context)) === text, 'the same payload gives the same answer')
  checkPrototypes()
}

function contextOf(body: Body, random: Random): DeliveryContext {
  const headers = random.once(6) ? { 'user-agent': oddText(random).slice(0, 1_024), 'ce-type': oddText(random).slice(0, 1_024), 'ce-id': oddText(random).slice(0, 1_024), 'ce-source': oddText(random).slice(0, 1_024), 'ce-time': oddText(random).slice(0, 1_024), 'ce-specversion': '1.0', 'sentry-hook-resource': random.pick(['event_alert', 'issue', 'metric_alert', '__proto__']), 'x-amz-sns-message-type': 'Notification' } : {}
  return Object.freeze({ contentType: body.contentType, headers: Object.freeze(headers), receivedAtMs: random.pick([0, 1_767_225_600_000, 253_402_300_800_000]) })
}
