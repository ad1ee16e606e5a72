/** Times of vendors, networks, marks of titles, sentences, headers: the small readers that everything uses. */
import { NO_AUTHENTICATION, parseNetwork } from '../../../schemas/authentication.ts'
import { TestClock } from '../../../schemas/clock.ts'
import { isFresh } from '../../../ingest/doors/timestamp.ts'
import { keptHeaders } from '../../../ingest/kept-headers.ts'
import { isAllowedAddress } from '../../../ingest/proofs/networks.ts'
import { redactedUrl } from '../../../ingest/server-options.ts'
import { readMarks } from '../../../processors/sources/marks.ts'
import { readEventType, shapeOf, stateOfText, withoutState } from '../../../processors/sources/sentence.ts'
import { boundedId, manyLines, oneLine, slug } from '../../../processors/sources/text.ts'
import { instantMs, zonedMs } from '../../../processors/sources/time.ts'
import { must } from '../invariants.ts'
import { hugeText, oddName, oddText, oddTime } from '../odd.ts'
import type { Random } from '../random.ts'
import type { Target } from '../target.ts'

const clock = new TestClock()
const KEY = `aw_${'k'.repeat(43)}`

/** A target a reader. */
export const SMALL_TARGETS: readonly Target[] = [
  {
    name: 'times', share: 4,
    run(random, note) {
      const given = random.once(5) ? random.pick<unknown>([random.next() * random.pick([1, 1e3, 1e6, 1e9, -1]), NaN, Infinity, -0, null, [], {}, true, Number.MAX_VALUE]) : random.once(40) ? hugeText(random) : oddTime(random)
      note({ bytes: String(given) })
      for (const read of [instantMs, zonedMs]) {
        const ms = read(given)
        must(ms === null || (Number.isSafeInteger(ms) && ms >= 31_536_000_000 && ms < 7_258_118_400_000), `an instant is null or whole ms, not ${ms}`)
        must(read(given) === ms, 'the same text gives the same time')
      }
      if (typeof given === 'string') must(typeof isFresh(given, clock) === 'boolean', 'fresh or not')
    },
  },
  {
    name: 'networks', share: 3,
    run(random, note) {
      const list = random.list(0, 5, () => network(random))
      const address = random.once(3) ? oddText(random).slice(0, 100) : network(random).split('/')[0] ?? ''
      note({ bytes: JSON.stringify([list, address]) })
      for (const text of list) {
        const read = parseNetwork(text)
        must(read === null || (read.prefixBits >= 0 && read.prefixBits <= (read.family === 'ipv4' ? 32 : 128)), 'a prefix has as many bits as its family')
      }
      const isAllowed = isAllowedAddress({ ...NO_AUTHENTICATION, allowedNetworks: list }, address)
      must(!isAllowed || list.length === 0 || list.some((text) => parseNetwork(text) !== null), 'nothing is allowed by what is no network')
      must(isAllowedAddress({ ...NO_AUTHENTICATION, allowedNetworks: [] }, address), 'without networks any address is allowed')
    },
  },
  {
    name: 'texts', share: 4,
    run(random, note) {
      const text = random.once(10) ? hugeText(random) : random.list(0, 6, () => oddText(random)).join(random.pick(['', ' ', ': ', ' on {', '] [', '\n']))
      note({ bytes: text })
      const max = 1 + random.int(2_000)
      for (const bounded of [oneLine(text, max), manyLines(text, max)]) must(bounded.text.length <= max && bounded.text.isWellFormed(), 'a text is cut to its limit and well formed')
      must(boundedId(text, max + 65).length <= max + 65, 'an id is cut to its limit')
      must(/^[a-z0-9-]{0,64}$/.test(slug(text)), 'a slug is one')
      const marks = readMarks(text)
      must((marks.text?.length ?? 0) <= text.length && marks.scope.length <= 64 * 8, 'marks are part of the title')
      for (const read of [withoutState, shapeOf]) must(read(text).length <= 4_096, 'a name is short')
      stateOfText(text)
      readEventType(text)
    },
  },
  {
    name: 'heads', share: 2,
    run(random, note) {
      const url = random.list(1, 6, () => random.pick(['/', '/in/', '/api/webhooks/', '/integrations/generic/20131114/alert/', KEY, `%61w_${'k'.repeat(43)}`, '?', '&api_key=', '#', '%', '%00', oddText(random).slice(0, 200)])).join('')
      note({ bytes: url })
      must(!redactedUrl(url).includes(KEY), 'a URL in the log holds no key')
      const headers = Object.fromEntries(random.list(0, 60, (): [string, string] => [random.once(2) ? `ce-${oddName(random, []).slice(0, 60)}` : oddName(random, ['x-api-key', 'authorization', 'user-agent', 'x-amz-sns-topic-arn']), oddText(random)]))
      const kept = keptHeaders(headers, 'ce-secret')
      must(Object.keys(kept).length <= 32 && Object.values(kept).every((value) => value.length <= 1_024) && !('authorization' in kept), 'few headers are kept, short ones, none that proves')
    },
  },
]

function network(random: Random): string {
  const part = (): string => random.pick(['0', '1', '10', '127', '192', '255', '256', '-1', '01', '999', ''])
  const group = (): string => random.pick(['0', '1', 'ffff', 'fffff', '', 'db8', '2001', '::', 'g'])
  const address = random.once(2) ? random.list(3, 5, part).join('.') : random.pick([random.list(1, 9, group).join(':'), `::ffff:${random.list(4, 4, part).join('.')}`, 'fe80::1%eth0', '::', '::1'])
  return `${address}${random.pick(['', '', '/0', '/8', '/32', '/33', '/128', '/129', '/-1', '/1e1', '/', '/24/24', ' '])}`
}
