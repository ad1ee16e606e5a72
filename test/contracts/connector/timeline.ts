/**
 * The same story in every PSA. An incident opens and gets one ticket. The alert repeats for an hour. A technician comments and closes. The problem comes back: the ticket is opened
 * again, or a second one names the first where it cannot be. Another incident heals by itself, and its ticket nobody touched is closed. A third is merged into the first, and so is a
 * fourth, on whose ticket somebody works. The answer to the first write of every order is lost on the way.
 */
import { describe, expect, it } from 'vitest'
import { facts, OPENED_MS } from '../../../connectors/sync/test-world.ts'
import { TestClock } from '../../../schemas/clock.ts'
import type { TicketFacts } from '../../../schemas/ticket-sync.ts'
import { PsaTimeline } from '../../harness/psa-timeline.ts'
import type { ConnectorSubject } from './subject.ts'

const MINUTE_MS = 60_000
const OVER = ['resolved', 'closed']

export function timeline({ connector, start }: ConnectorSubject): void {
  describe('timeline', () => {
    it('tells the truth from the first alert to the last, in one ticket for each incident', async () => {
      const clock = new TestClock(OPENED_MS)
      const fake = await start({ clock })
      try {
        const line = new PsaTimeline(connector, fake, clock)
        let version = 10
        const at = (minutes: number, change: Partial<TicketFacts>): TicketFacts => {
          clock.tick(Math.max(0, OPENED_MS + minutes * MINUTE_MS - clock.now()))
          return facts({ version: ++version, updatedAtMs: clock.now(), ...change })
        }

        // It opens: one ticket, in the company, with our reference, though the answer was lost.
        let now = at(1, {})
        await line.look(now)
        expect(fake.tickets()).toHaveLength(1)
        expect(line.lost).toBeGreaterThan(0)
        const first = line.newest('i1')
        expect(line.seen('i1')).toMatchObject({ companyId: fake.world.company.id, title: expect.stringContaining('disk full on web-1') })

        // A storm of repeats: still one ticket, and a few notes.
        for (let minute = 2; minute <= 60; minute++) {
          now = at(minute, { alertCount: 3 + minute * 50, assets: ['web-1', 'web-2'], assetCount: 2, problemCount: 2 })
          await line.look(now)
        }
        expect(fake.tickets()).toHaveLength(1)
        expect(line.seen('i1').notes.length).toBeGreaterThan(0)
        expect(line.seen('i1').notes.length).toBeLessThanOrEqual(13)
        expect(line.seen('i1').notes.every(({ isOurs }) => isOurs)).toBe(true)

        // A technician comments and closes: the incident hears both, and the ticket counts as touched.
        clock.tick(MINUTE_MS)
        fake.technician.comment(line.seen('i1').id, 'I moved the logs to another disk')
        expect(await line.read(first.id, now)).toMatchObject([{ action: 'note', text: expect.stringContaining('I moved the logs') }])
        clock.tick(MINUTE_MS)
        fake.technician.close(line.seen('i1').id)
        // Who closes it may have to take it, which is told beside.
        const ending = (await line.read(first.id, now)).map(({ action }) => action).filter((action) => action !== 'note')
        expect(ending).toEqual([expect.stringMatching(/^(resolve|close)$/)])
        expect(line.row(first.id).isTouched).toBe(true)
        expect(await line.read(first.id, { ...now, status: 'closed' })).toEqual([])
        now = at(65, { ...now, version: ++version, status: ending[0] === 'close' ? 'closed' : 'resolved', resolvedAtMs: clock.now(), openProblemCount: 0, endedBy: 'psa' })
        await line.look(now)
        expect(OVER).toContain(line.seen('i1').state)

        // The problem returns.
        await line.look(at(90, { alertCount: 4_000, status: 'open', openProblemCount: 1 }))
        const canReopen = connector.capabilities.reopen && !(connector.capabilities.closesForGood === true && line.row(first.id).seen?.state === 'closed')
        expect(fake.tickets()).toHaveLength(canReopen ? 1 : 2)
        expect(OVER).not.toContain(line.seen('i1').state)
        if (!canReopen) expect(line.seen('i1').text).toContain(first.ref?.number ?? '?')

        // Another incident heals by itself, and so does its ticket.
        const before = fake.tickets().length
        await line.look(at(100, { incidentId: 'i2', number: 43, title: 'printer offline', openedAtMs: OPENED_MS + 99 * MINUTE_MS }))
        expect(fake.tickets()).toHaveLength(before + 1)
        await line.look(at(110, { incidentId: 'i2', number: 43, title: 'printer offline', openedAtMs: OPENED_MS + 99 * MINUTE_MS, status: 'resolved', resolvedAtMs: clock.now(), openProblemCount: 0 }))
        expect(OVER).toContain(line.seen('i2').state)

        // A third turns out to be the first: their tickets are merged or linked, or one says so.
        await line.look(at(120, { incidentId: 'i3', number: 44, title: 'backup failed', openedAtMs: OPENED_MS + 119 * MINUTE_MS }))
        const third = line.seen('i3')
        await line.look(at(121, { incidentId: 'i3', number: 44, title: 'backup failed', openedAtMs: OPENED_MS + 119 * MINUTE_MS, mergedInto: 'i1', status: 'closed' }))
        const merged = fake.tickets().find(({ id }) => id === third.id)
        const into = line.newest('i1').ref
        const said = [...(merged?.notes ?? []), ...fake.tickets().find(({ id }) => id === into?.externalId)?.notes ?? []].map(({ text }) => text).join('\n')
        expect(merged?.mergedIntoId === into?.externalId || merged?.linkedIds.includes(into?.externalId ?? '') === true || said.includes(third.number) || said.includes(into?.number ?? '?')).toBe(true)

        // So does a fourth, but somebody works on its ticket: it stays theirs, and one word says where the problem goes on.
        await line.look(at(130, { incidentId: 'i4', number: 45, title: 'mail is slow', openedAtMs: OPENED_MS + 129 * MINUTE_MS }))
        clock.tick(MINUTE_MS)
        fake.technician.comment(line.seen('i4').id, 'I am on it')
        expect(await line.read(line.newest('i4').id, facts({ incidentId: 'i4' }))).toMatchObject([{ action: 'note' }])
        const worked = line.seen('i4')
        await line.look(at(135, { incidentId: 'i4', number: 45, title: 'mail is slow', openedAtMs: OPENED_MS + 129 * MINUTE_MS, mergedInto: 'i1' }))
        expect(line.seen('i4')).toMatchObject({ id: worked.id, state: worked.state, mergedIntoId: null, isDeleted: false })
        const word = line.seen('i4').notes.slice(worked.notes.length)
        expect(word).toMatchObject([{ isOurs: true, text: expect.stringContaining(into?.number ?? '?') }])

        // Nothing was written twice, nothing inside was shown outside, nothing was lost.
        const tokens = fake.tickets().flatMap(({ notes }) => notes.flatMap(({ text }) => text.match(/\[aw[\w:-]+\]/g) ?? []))
        expect(tokens.length).toBe(new Set(tokens).size)
        if (connector.capabilities.internalNote) expect(fake.tickets().flatMap(({ notes }) => notes.filter(({ isPublic, isOurs }) => isPublic && isOurs))).toEqual([])
        expect(fake.tickets()).toHaveLength(before + 3)
        expect(fake.faults).toEqual([])
      } finally {
        await fake.stop()
      }
    })
  })
}
