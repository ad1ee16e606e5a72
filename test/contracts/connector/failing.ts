/** How calls fail: each in its class, never with a secret, never later than they may. */
import { describe, expect } from 'vitest'
import type { ConnectorCode } from '../../../connectors/port.ts'
import type { PsaTrouble } from '../../fakes/psa/psa-server.ts'
import { failure, WORLD_TIMEOUT_MS } from '../../harness/connector-world.ts'
import { declarer, expectNoSecret, type ConnectorSubject, type ContractWorld } from './subject.ts'

const STATUSES: readonly (readonly [number, readonly ConnectorCode[]])[] = [
  [400, ['invalid']], [401, ['unauthorized']], [403, ['forbidden', 'rate_limited', 'quota']], [409, ['conflict']], [413, ['too_large']], [422, ['invalid']], [429, ['rate_limited']], [500, ['server_error', 'invalid']], [502, ['server_error']], [503, ['server_error']], [504, ['server_error']],
]

/** Work that calls out, by its name, and how to prepare it. */
const WORK: Readonly<Record<string, (world: ContractWorld) => Promise<() => Promise<unknown>>>> = {
  create: async ({ connector, draft, ctx }) => () => connector.create(draft(), ctx()),
  update: async ({ connector, made, ctx, connection, note }) => {
    const { ref } = await made()
    return () => connector.update(ref, { mapping: connection.mapping, title: 'x', notes: [note({ isPublic: !connector.capabilities.internalNote })] }, ctx())
  },
  read: async ({ connector, made, ctx }) => {
    const { ref } = await made()
    return () => connector.read(ref, ctx())
  },
  search: async ({ connector, ctx }) => () => connector.search({ text: 'disk', companyId: null, limit: 5 }, ctx()),
  changedSince: async ({ connector, ctx, clock }) => {
    const { cursor } = await connector.changedSince(null, ctx())
    clock.tick(3_600_000)
    return () => connector.changedSince(cursor, ctx())
  },
}

/** Does the work with every call going wrong, and answers how it failed; nothing secret may be in it. */
async function failing(world: ContractWorld, work: () => Promise<unknown>, is: PsaTrouble): Promise<Awaited<ReturnType<typeof failure>>> {
  world.fake.trouble({ is, times: 99 })
  const error = await failure(work())
  world.fake.calm()
  expectNoSecret(world.fake, `${error.message} ${error.stack ?? ''} ${JSON.stringify(error)} ${String(error.cause)}`)
  return error
}

export function failingCalls(subject: ConnectorSubject): void {
  const { connector } = subject
  const test = declarer(subject)

  describe('failing', () => {
    for (const [name, prepare] of Object.entries(WORK)) {
      test(`${name}: each status has its class, and tells no secret the answer repeats`, async (world) => {
        const work = await prepare(world)
        for (const [status, codes] of STATUSES) {
          const error = await failing(world, work, { status, json: { error: { message: `refused ${Object.values(world.fake.credentials).join(' ')}` } } })
          expect(codes, `${status}: ${error.message}`).toContain(error.code)
        }
      })

      test(`${name}: a page for people is no answer`, async (world) => {
        expect((await failing(world, await prepare(world), 'html')).code).toBe('bad_answer')
        expect((await failing(world, await prepare(world), { status: 503, text: '<html>maintenance</html>', headers: { 'content-type': 'text/html' } })).code).toBe('server_error')
      })

      test(`${name}: a broken connection leaves open what was done`, async (world) => {
        expect(await failing(world, await prepare(world), 'lost_before')).toMatchObject({ code: 'cut_off', outcome: 'unknown' })
      })

      test(`${name}: ends in time, whether nothing comes or half an answer`, async (world) => {
        for (const is of ['silence', 'slow'] as const) {
          const work = await prepare(world)
          const taken = world.fake.taken(/./)
          const failed = failing(world, work, is)
          await taken
          world.clock.tick(WORLD_TIMEOUT_MS)
          expect(await failed).toMatchObject({ code: 'timeout', outcome: 'unknown' })
        }
      })
    }

    test('waits as long as it is asked to, and as it likes where it is not', async (world) => {
      const work = await WORK.create!(world)
      expect(await failing(world, work, { status: 429, json: {}, headers: { 'retry-after': '17' } })).toMatchObject({ code: 'rate_limited', retryAfterMs: 17_000 })
      expect(await failing(world, work, { status: 429, json: {} })).toMatchObject({ code: 'rate_limited', retryAfterMs: null })
    })

    test('ends when its work is ended', async (world) => {
      const { fake, draft, ctx } = world
      const abort = new AbortController()
      fake.trouble({ is: 'silence', times: 9 })
      const taken = fake.taken(/./)
      const failed = failure(connector.create(draft(), ctx({ signal: abort.signal })))
      await taken
      abort.abort()
      expect((await failed).code).toBe('aborted')
    })

    test('records each call with what it did and for whom', async ({ made, records, fake }) => {
      await made()
      expect(records.length).toBe(fake.calls.length)
      expect(records.every((record) => record.connector === connector.id && record.companyId === 'acme' && record.incidentId === 'incident-1' && record.ticketId === 'ticket-1' && record.status === 'success' && record.reference !== '')).toBe(true)
      expect(records.some(({ action }) => action === 'created')).toBe(true)
    })
  })
}
