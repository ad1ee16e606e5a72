/** How tickets are changed: what is named and nothing else, each note once, nothing internal in public. */
import { describe, expect } from 'vitest'
import { TICKET_STATES, type TicketChange, type WritableTicketState } from '../../../schemas/tickets.ts'
import type { TicketConnector } from '../../../connectors/port.ts'
import { failure } from '../../harness/connector-world.ts'
import { bare, declarer, HOSTILE, losingEachAnswer, timesWritten, type ConnectorSubject, type ContractWorld } from './subject.ts'

const WRITABLE: readonly WritableTicketState[] = ['open', 'assigned', 'in_progress', 'resolved', 'closed']
const FILE = { token: 'aw-a-1', name: 'disk.txt', contentType: 'text/plain', base64: Buffer.from('C: 98 %').toString('base64') }

/** Everything the connector can write in one change. */
function whole(world: ContractWorld, { capabilities }: TicketConnector): TicketChange {
  return {
    mapping: world.connection.mapping, title: 'Disk full again', severity: 'critical', state: 'in_progress',
    notes: [...(capabilities.internalNote ? [{ token: 'aw-n-in', text: 'Seen 40 times.', isPublic: false }, { token: 'aw-n-in2', text: 'Probable cause: log files.', isPublic: false }] : []), ...(capabilities.publicNote ? [{ token: 'aw-n-out', text: 'We are on it.', isPublic: true }] : [])],
    ...(capabilities.attach ? { attachments: [FILE] } : {}), ...(capabilities.time ? { times: [{ token: 'aw-t-1', startedAtMs: world.clock.now() - 600_000, minutes: 15, text: 'Cleaned the disk' }] } : {}),
  }
}

function expectOnce(world: ContractWorld, connector: TicketConnector, ticket: ReturnType<ContractWorld['seen']>, lost: string): void {
  for (const { token } of whole(world, connector).notes ?? []) expect(timesWritten(ticket, token), `${token} after ${lost} was lost`).toBe(1)
  if (connector.capabilities.attach) expect(ticket.attachments, `files after ${lost} was lost`).toHaveLength(1)
  if (connector.capabilities.time) expect(ticket.times, `times after ${lost} was lost`).toHaveLength(1)
}

export function changing(subject: ConnectorSubject): void {
  const { connector, start } = subject
  const test = declarer(subject)
  const { capabilities } = connector

  describe('changing', () => {
    test('writes what is named and leaves the rest', async (world) => {
      const { made, ctx, connection, seen } = world
      const { ref } = await made({ severity: 'low' })
      const before = seen(ref)
      await connector.update(ref, { mapping: connection.mapping, severity: 'critical' }, ctx())
      expect(seen(ref)).toMatchObject({ title: before.title, statusId: before.statusId, companyId: before.companyId, assigneeId: before.assigneeId, notes: before.notes })
      if (connection.mapping.priority.low !== connection.mapping.priority.critical && before.priorityId !== null) expect(seen(ref).priorityId).not.toBe(before.priorityId)
      await connector.update(ref, { mapping: connection.mapping, title: 'Another title' }, ctx())
      expect(seen(ref).title).toContain('Another title')
    })

    test('leaves what somebody emptied in the mapping', async ({ made, ctx, connection, seen }) => {
      const { ref } = await made()
      const before = seen(ref)
      const none = (words: Readonly<Record<string, string | undefined>>): Record<string, string> => Object.fromEntries(Object.keys(words).map((name) => [name, '']))
      await connector.update(ref, { mapping: { ...connection.mapping, status: none(connection.mapping.status), priority: none(connection.mapping.priority) }, severity: 'critical', state: 'in_progress', title: 'Another title' }, ctx())
      expect(seen(ref)).toMatchObject({ title: expect.stringContaining('Another title') as string, statusId: before.statusId, priorityId: before.priorityId })
    })

    test('keeps our reference where it is when the title changes', async ({ draft, ctx, connection }) => {
      const wanted = draft()
      const { ref } = await connector.create(wanted, ctx())
      await connector.update(ref, { mapping: connection.mapping, title: 'Another title' }, ctx())
      expect((await connector.find(wanted.externalRef, ctx()))?.externalId).toBe(ref.externalId)
    }, ({ findByExternalRef }) => findByExternalRef)

    test('with nothing to write writes nothing', async ({ made, ctx, connection, fake }) => {
      const { ref } = await made()
      const before = fake.calls.filter(({ isWrite }) => isWrite).length
      await connector.update(ref, { mapping: connection.mapping }, ctx())
      expect(fake.calls.filter(({ isWrite }) => isWrite)).toHaveLength(before)
    })

    test('never shows an internal note to the client', async ({ made, ctx, connection, note, seen }) => {
      const { ref } = await made()
      const written = note({ text: 'only for us', isPublic: false })
      await connector.update(ref, { mapping: connection.mapping, notes: [written] }, ctx())
      const found = seen(ref).notes.filter(({ text }) => text.includes('only for us'))
      expect(found.map(({ isPublic }) => isPublic)).toEqual([false])
      expect((await connector.read(ref, ctx()))?.notes?.find(({ text }) => text.includes(written.token))).toMatchObject({ isPublic: false, isOurs: true })
    }, ({ internalNote }) => internalNote)

    test('shows a public note to the client', async ({ made, ctx, connection, note, seen }) => {
      const { ref } = await made()
      await connector.update(ref, { mapping: connection.mapping, notes: [note({ text: 'for everybody', isPublic: true })] }, ctx())
      expect(seen(ref).notes.filter(({ text }) => text.includes('for everybody')).map(({ isPublic }) => isPublic)).toEqual([true])
    }, ({ publicNote }) => publicNote)

    test('keeps internal and public apart when both are written', async (world) => {
      const { ref } = await world.made()
      await connector.update(ref, whole(world, connector), world.ctx())
      const notes = world.seen(ref).notes
      expect(notes.filter(({ text }) => /\[aw-n-in2?\]/.test(text)).every(({ isPublic }) => !isPublic)).toBe(true)
      expect(notes.filter(({ text }) => text.includes('[aw-n-out]')).every(({ isPublic, text }) => isPublic && !text.includes('aw-n-in'))).toBe(true)
    }, ({ internalNote, publicNote }) => internalNote && publicNote)

    test('writes each note, file and time once, whichever answer is lost', () => losingEachAnswer(connector, start, {
      prepare: async ({ made }) => (await made()).ref,
      work: (world, ref, isRepeat) => connector.update(ref, whole(world, connector), world.ctx({ isRepeat })),
      holds: (world, ref, lost) => expectOnce(world, connector, world.seen(ref), lost),
    }))

    test('writes nothing twice when all was written', async (world) => {
      const { ref } = await world.made()
      await connector.update(ref, whole(world, connector), world.ctx())
      await connector.update(ref, whole(world, connector), world.ctx({ isRepeat: true }))
      expectOnce(world, connector, world.seen(ref), 'nothing')
    })

    test('knows its notes among many of others', async ({ made, ctx, connection, note, seen, fake, clock }) => {
      const { ref } = await made()
      const first = note({ isPublic: !capabilities.internalNote })
      await connector.update(ref, { mapping: connection.mapping, notes: [first] }, ctx())
      for (let at = 0; at < fake.pageSize + 1; at++) {
        clock.tick(1_000)
        fake.technician.comment(ref.externalId, `comment ${at}`)
      }
      const second = note({ isPublic: !capabilities.internalNote })
      await connector.update(ref, { mapping: connection.mapping, notes: [first, second] }, ctx({ isRepeat: true }))
      expect([timesWritten(seen(ref), first.token), timesWritten(seen(ref), second.token)]).toEqual([1, 1])
    })

    test('cuts a note that is too long, and keeps its token', async ({ made, ctx, connection, note, seen }) => {
      const { ref } = await made()
      const long = note({ text: 'y'.repeat(200_000), isPublic: !capabilities.internalNote })
      await connector.update(ref, { mapping: connection.mapping, notes: [long] }, ctx())
      expect(timesWritten(seen(ref), long.token)).toBe(1)
      expect(seen(ref).notes.some(({ text }) => text.includes('[cut]'))).toBe(true)
    })

    test('writes hostile notes as text', async ({ made, ctx, connection, note, seen }) => {
      const { ref } = await made()
      await connector.update(ref, { mapping: connection.mapping, notes: [note({ text: HOSTILE, isPublic: !capabilities.internalNote })] }, ctx())
      expect(seen(ref).notes.some(({ text }) => bare(text).includes(bare(HOSTILE)))).toBe(true)
    })

    for (const state of WRITABLE) test(`${state} is read back as the mapping says`, async ({ made, ctx, connection, fake }) => {
      const { ref } = await made({ assigneeId: capabilities.assign ? fake.world.users[0].id : null })
      const id = connection.mapping.status[state]
      await connector.update(ref, { mapping: connection.mapping, state }, ctx())
      expect((await connector.read(ref, ctx()))?.state).toBe(id === undefined ? 'open' : TICKET_STATES.find((one) => connection.mapping.status[one] === id))
    })

    test('takes what a person waits for as waiting, and what it does not know as unknown or its own', async ({ made, ctx, fake }) => {
      const { ref } = await made()
      fake.technician.setStatus(ref.externalId, 'waiting')
      expect((await connector.read(ref, ctx()))?.state).toBe('waiting')
    })

    test('resolves a ticket nobody has, with what solved it', async ({ made, ctx, connection, seen }) => {
      const { ref } = await made()
      await connector.update(ref, { mapping: connection.mapping, state: 'resolved', resolution: 'Log files were removed.' }, ctx())
      expect(['resolved', 'closed']).toContain(seen(ref).state)
      expect([seen(ref).resolution ?? '', ...seen(ref).notes.map(({ text }) => text)].join('\n')).toContain('Log files were removed.')
      expect(seen(ref).notes.filter(({ text }) => text.includes('Log files were removed.')).every(({ isPublic }) => !isPublic || !capabilities.internalNote)).toBe(true)
    })

    test('reopens what it resolved', async ({ made, ctx, connection, seen }) => {
      const { ref } = await made()
      await connector.update(ref, { mapping: connection.mapping, state: 'resolved', resolution: 'done' }, ctx())
      await connector.update(ref, { mapping: connection.mapping, state: 'open' }, ctx())
      expect(['resolved', 'closed']).not.toContain(seen(ref).state)
      expect(['resolved', 'closed']).not.toContain((await connector.read(ref, ctx()))?.state)
    }, ({ reopen }) => reopen)

    test('gives a ticket to a technician, to another, and takes it away', async ({ made, ctx, connection, seen, fake }) => {
      const { ref } = await made()
      const [one, two] = fake.world.users
      for (const assigneeId of [one.id, two.id, null]) {
        await connector.update(ref, { mapping: connection.mapping, assigneeId }, ctx())
        expect(seen(ref).assigneeId).toBe(assigneeId)
        expect((await connector.read(ref, ctx()))?.assignee?.externalId ?? null).toBe(assigneeId)
      }
    }, ({ assign }) => assign)

    test('puts a file into the ticket as it is', async ({ made, ctx, connection, seen }) => {
      const { ref } = await made()
      await connector.update(ref, { mapping: connection.mapping, attachments: [{ ...FILE, name: '../../etc/"disk"\r\nX: y.txt' }] }, ctx())
      const [file, ...others] = seen(ref).attachments
      expect(others).toEqual([])
      expect(file?.bytes.toString()).toBe('C: 98 %')
      expect(file?.name).not.toMatch(/[/"\r\n]/)
      expect(file?.isPublic).toBe(false)
    }, ({ attach }) => attach)

    test('books time', async ({ made, ctx, connection, seen, clock }) => {
      const { ref } = await made()
      await connector.update(ref, { mapping: connection.mapping, times: [{ token: 'aw-t-9', startedAtMs: clock.now() - 900_000, minutes: 15, text: 'Cleaned the disk' }] }, ctx())
      expect(seen(ref).times).toMatchObject([{ minutes: 15 }])
      expect(seen(ref).times[0]?.text).toContain('Cleaned the disk')
    }, ({ time }) => time)

    test('names the machine it is about', async ({ made, ctx, connection, seen, fake }) => {
      const { ref } = await made()
      await connector.update(ref, { mapping: connection.mapping, assetIds: [fake.world.asset?.id ?? ''] }, ctx())
      expect(seen(ref).assetIds).toContain(fake.world.asset?.id)
    }, ({ assets }) => assets)

    test('puts a ticket below another', async ({ made, ctx, connection, seen }) => {
      const [parent, child] = [await made(), await made()]
      await connector.update(child.ref, { mapping: connection.mapping, parent: parent.ref }, ctx())
      expect(seen(child.ref).parentId).toBe(parent.ref.externalId)
    }, ({ parent }) => parent)

    test('refuses what the PSA cannot do before it writes anything', async ({ made, ctx, connection, fake, clock }) => {
      const { ref } = await made()
      const changes: TicketChange[] = [
        ...(capabilities.time ? [] : [{ mapping: connection.mapping, title: 'x', times: [{ token: 't', startedAtMs: clock.now(), minutes: 1, text: 'x' }] }]),
        ...(capabilities.attach ? [] : [{ mapping: connection.mapping, title: 'x', attachments: [FILE] }]),
        ...(capabilities.change === true ? [] : [{ mapping: connection.mapping, title: 'x', changeRequests: [{ token: 'AW-0000000000CR', title: 'x', text: 'x', reason: 'x', isUrgent: false, assetIds: [] }] }]),
        ...(capabilities.parent ? [] : [{ mapping: connection.mapping, title: 'x', parent: ref }]),
        ...(capabilities.publicNote ? [] : [{ mapping: connection.mapping, title: 'x', notes: [{ token: 't', text: 'x', isPublic: true }] }]),
      ]
      const before = fake.calls.filter(({ isWrite }) => isWrite).length
      for (const change of changes) expect((await failure(connector.update(ref, change, ctx()))).code).toBe('unsupported')
      expect(fake.calls.filter(({ isWrite }) => isWrite)).toHaveLength(before)
    })

    test('says not_found for a ticket that is not there or was removed', async ({ made, ctx, connection, fake }) => {
      const { ref } = await made()
      fake.technician.remove(ref.externalId)
      for (const change of [{ state: 'resolved' as const, resolution: 'x' }, { title: 'x' }, { notes: [{ token: 't', text: 'x', isPublic: !capabilities.internalNote }] }]) {
        expect((await failure(connector.update(ref, { mapping: connection.mapping, ...change }, ctx()))).code).toBe('not_found')
      }
    })

    test('merges two tickets, once', async ({ made, ctx, seen }) => {
      const [from, into] = [await made(), await made()]
      await connector.join(from.ref, into.ref, ctx())
      await connector.join(from.ref, into.ref, ctx({ isRepeat: true }))
      expect(seen(from.ref).mergedIntoId).toBe(into.ref.externalId)
      expect((await connector.read(from.ref, ctx()))?.mergedIntoId ?? into.ref.externalId).toBe(into.ref.externalId)
    }, ({ joins }) => joins === 'merge')

    test('links two tickets, once, each saying so', () => losingEachAnswer(connector, start, {
      prepare: async ({ made }) => [(await made()).ref, (await made()).ref] as const,
      work: ({ ctx }, [from, into], isRepeat) => connector.join(from, into, ctx({ isRepeat })),
      holds: ({ seen }, [from, into], lost) => {
        for (const [one, other] of [[from, into], [into, from]] as const) {
          const told = seen(one).notes.filter(({ text }) => text.includes(other.number) || text.includes(other.externalId))
          expect(seen(one).linkedIds.includes(other.externalId) || told.length > 0, `${one.number} after ${lost} was lost`).toBe(true)
          expect(told.length, `notes of ${one.number} after ${lost} was lost`).toBeLessThanOrEqual(1)
          expect(told.every(({ isPublic }) => !isPublic || !capabilities.internalNote)).toBe(true)
        }
      },
    }), ({ joins }) => joins === 'link')
  })
}
