/** One connector under the contract: its fake, what is waived, and how each test gets a world of its own. */
import { expect, it } from 'vitest'
import type { Capabilities, TicketConnector } from '../../../connectors/port.ts'
import { TestClock } from '../../../schemas/clock.ts'
import type { TicketRef, TicketSnapshot } from '../../../schemas/tickets.ts'
import type { PsaFake, PsaTicket, StartPsa } from '../../fakes/psa/psa-fake.ts'
import { connectorWorld, type ConnectorWorld } from '../../harness/connector-world.ts'

/** What a connector brings. */
export interface ConnectorSubject {
  readonly connector: TicketConnector
  readonly start: StartPsa
  /** Why each capability is false, by its name. One that is true, or none for one that is false, fails. */
  readonly cannot: Readonly<Partial<Record<keyof Capabilities, string>>>
  /** Calls beside a ticket's own that only tell more of it, such as names of people: a role may well lack the right to them. Absent: there are none. */
  readonly beside?: RegExp
  /** Why a test of the contract cannot hold here, by its name. The test is run all the same, and fails where it holds. */
  readonly waivers?: Readonly<Record<string, string>>
}

/** What a test has in hand. */
export interface ContractWorld extends ConnectorWorld {
  readonly connector: TicketConnector
  readonly fake: PsaFake
  readonly clock: TestClock
  /** Makes a ticket with a draft of its own and answers how it was told. */
  made(over?: Parameters<ConnectorWorld['draft']>[0]): Promise<TicketSnapshot>
  /** The ticket as a person sees it there. */
  seen(ref: TicketRef): PsaTicket
}

/** Declares a test of the contract. `needs`: what the connector must be able to do, else the test is not run, and the waiver has to say why. */
export type Declare = (name: string, body: (world: ContractWorld) => Promise<void>, needs?: (capabilities: Capabilities) => boolean) => void

/** The means to declare tests of one connector. Every world ends with a look for faults of the fake and secrets in records. */
export function declarer({ connector, start, waivers = {} }: ConnectorSubject): Declare {
  return (name, body, needs = () => true) => {
    if (!needs(connector.capabilities)) return
    it(name, async () => {
      const reason = waivers[name]
      const failure = await run(connector, start, body)
      if (reason === undefined) {
        if (failure !== null) throw failure
      } else expect(failure, `the waiver is stale, for the test holds: ${reason}`).not.toBeNull()
    })
  }
}

async function run(connector: TicketConnector, start: StartPsa, body: (world: ContractWorld) => Promise<void>): Promise<Error | null> {
  try {
    await inWorld(connector, start, async (world) => {
      await body(world)
      expect(world.fake.faults).toEqual([])
      expectNoSecret(world.fake, JSON.stringify(world.records))
    })
    return null
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

/** A world of its own, ended afterwards. */
export async function inWorld(connector: TicketConnector, start: StartPsa, body: (world: ContractWorld) => Promise<void>): Promise<void> {
  const clock = new TestClock()
  const fake = await start({ clock })
  try {
    const world = connectorWorld(connector, fake, clock)
    await body({
      ...world, connector, fake, clock,
      made: (over) => connector.create(world.draft(over), world.ctx()),
      seen: (ref) => {
        const found = fake.tickets().find(({ id }) => id === ref.externalId)
        if (found === undefined) throw new Error(`the fake has no ticket ${ref.externalId}`)
        return found
      },
    })
  } finally {
    await fake.stop()
  }
}

/** Fails where a credential, in any form it is sent in, stands in a text. */
export function expectNoSecret(fake: PsaFake, text: string): void {
  for (const secret of Object.values(fake.credentials).filter((value) => value.length > 3)) for (const form of [secret, Buffer.from(secret).toString('base64'), encodeURIComponent(secret)]) expect(text).not.toContain(form)
}

/**
 * Does `work` once to count its calls, then once for each call in a world of its own in which the answer of that call is lost, and again as a repeat; `holds` looks at each result.
 */
export async function losingEachAnswer<T>(connector: TicketConnector, start: StartPsa, steps: {
  readonly prepare: (world: ContractWorld) => Promise<T>
  readonly work: (world: ContractWorld, prepared: T, isRepeat: boolean) => Promise<unknown>
  readonly holds: (world: ContractWorld, prepared: T, lost: string) => void
}): Promise<void> {
  let calls = 0
  await inWorld(connector, start, async (world) => {
    const prepared = await steps.prepare(world)
    const before = world.fake.calls.length
    await steps.work(world, prepared, false)
    calls = world.fake.calls.length - before
    steps.holds(world, prepared, 'nothing')
  })
  expect(calls).toBeGreaterThan(0)
  for (let at = 0; at < calls; at++) await inWorld(connector, start, async (world) => {
    const prepared = await steps.prepare(world)
    world.fake.trouble({ is: 'lost_after', skip: at })
    const before = world.fake.calls.length
    await expect(steps.work(world, prepared, false), `call ${at + 1} is lost`).rejects.toMatchObject({ name: 'ConnectorError', code: 'cut_off', outcome: 'unknown' })
    const lost = world.fake.calls[before + at]
    await steps.work(world, prepared, true)
    steps.holds(world, prepared, `${lost?.method ?? ''} ${lost?.path ?? ''}`)
    expect(world.fake.faults).toEqual([])
  })
}

/** How often a token stands in the notes of a ticket. */
export const timesWritten = (ticket: PsaTicket, token: string): number => [ticket.text, ...ticket.notes.map(({ text }) => text)].reduce((sum, text) => sum + text.split(`[${token}]`).length - 1, 0)

/** Text that wants to be something else: markup, a template, a mention, a query, a header. */
export const HOSTILE = '</p><script>alert(1)</script> <b>bold</b> & "quoted" \'single\' {{ticket.requester.email}} ${jndi:ldap://x} [~admin] @all ^ORpriority=1 %0d%0aBcc: a@b.example javascript:x'

/** As it is compared: what may stand between braces or after an at sign, so that it is no template and no mention, does not count. */
export const bare = (text: string): string => text.replace(/[\u200b\u200c\u200d\u2060\ufeff\\]/g, '').replace(/\s+/g, ' ')
