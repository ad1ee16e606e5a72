/**
 * What each connector sends and how it tells what it read, call by call, kept in `connectors/<id>/testdata/`. `UPDATE_GOLDEN=1 npx vitest run --project contract test/contracts/connector` writes
 * the files anew; the diff is then read by a person.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { TicketChange } from '../../../schemas/tickets.ts'
import { HOSTILE, inWorld, type ConnectorSubject, type ContractWorld } from './subject.ts'

const ROOT = join(import.meta.dirname, '../../../connectors')
const TEXT = 'Priority 2 of 5, high\nAffected: fs-01, fs-02\n\nDisk C: is full. 12 alerts since 10:02.\nPattern: cascade. Probable cause: the backup of fs-01 (confidence 0.81).\nRunbook: disk-full-clean-temp\nhttps://aw.example/incidents/1042'

/** The work of each case; what it answers is kept beside its calls. */
const CASES: Readonly<Record<string, (world: ContractWorld) => Promise<unknown>>> = {
  'create': ({ connector, fake: { world }, draft, ctx }) => connector.create(draft({ title: 'Disk full on fs-01', text: TEXT, severity: 'high', assigneeId: connector.capabilities.assign ? world.users[0].id : null, party: { companyId: world.company.id, contactId: null, assetIds: connector.capabilities.assets && world.asset !== null ? [world.asset.id] : [] } }), ctx()),
  'create-hostile': ({ made }) => made({ title: HOSTILE.slice(0, 80), text: `${HOSTILE}\n${'long '.repeat(20)}`, severity: 'critical' }),
  'change': async (world) => {
    const { connector: { update, read, capabilities }, fake, connection: { mapping }, ctx, clock } = world
    const { ref } = await world.made()
    const change: TicketChange = {
      mapping, title: 'Disk full on fs-01 and fs-02', severity: 'critical', state: 'in_progress',
      notes: [...(capabilities.internalNote ? [{ token: 'aw-n-1', text: 'Seen 40 times.\nSince 10:02.', isPublic: false }] : []), ...(capabilities.publicNote ? [{ token: 'aw-n-2', text: 'We are on it.', isPublic: true }] : [])],
      ...(capabilities.assign ? { assigneeId: fake.world.users[1].id } : {}), ...(capabilities.assets && fake.world.asset !== null ? { assetIds: [fake.world.asset.id] } : {}),
      ...(capabilities.attach ? { attachments: [{ token: 'aw-a-1', name: 'disk.txt', contentType: 'text/plain', base64: Buffer.from('C: 98 %').toString('base64') }] } : {}),
      ...(capabilities.time ? { times: [{ token: 'aw-t-1', startedAtMs: clock.now() - 900_000, minutes: 15, text: 'Cleaned the disk' }] } : {}),
    }
    await update(ref, change, ctx())
    return read(ref, ctx())
  },
  'resolve': async ({ connector: { update, read }, connection: { mapping }, made, ctx }) => {
    const { ref } = await made()
    await update(ref, { mapping, state: 'resolved', resolution: 'Old log files were removed; the disk is at 61 %.' }, ctx())
    return read(ref, ctx())
  },
  'read-technician': async ({ connector: { read }, fake: { technician, world }, made, ctx, clock }) => {
    const { ref } = await made()
    clock.tick(60_000)
    technician.reassign(ref.externalId, world.users[1].id)
    technician.comment(ref.externalId, 'On site <now> & looking')
    clock.tick(60_000)
    technician.close(ref.externalId)
    return read(ref, ctx())
  },
}

export function golden({ connector, start }: ConnectorSubject): void {
  describe('golden', () => {
    it.each(Object.keys(CASES))('%s', (name) => inWorld(connector, start, async (world) => {
      const told = await CASES[name]!(world)
      const calls = world.fake.calls.map(({ method, path, query, body, status }) => ({ call: `${method} ${decodeURIComponent(path + query)}`, status, ...(body === undefined ? {} : { body }) }))
      const found = JSON.parse(JSON.stringify({ calls, told }).replaceAll(new URL(world.fake.baseUrl).origin, 'http://psa.example')) as unknown
      const path = join(ROOT, connector.id, 'testdata', `${name}.json`)
      if (process.env['UPDATE_GOLDEN'] === '1') {
        mkdirSync(join(ROOT, connector.id, 'testdata'), { recursive: true })
        writeFileSync(path, `${JSON.stringify(found, null, 2)}\n`)
      }
      expect(existsSync(path), `${path} is missing; write it with UPDATE_GOLDEN=1`).toBe(true)
      expect(found).toEqual(JSON.parse(readFileSync(path, 'utf8')))
    }))
  })
}
