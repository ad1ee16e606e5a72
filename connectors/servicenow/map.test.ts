import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { TicketChange, TicketDraft } from '../../schemas/tickets.ts'
import { goldenCases } from '../../test/harness/golden-cases.ts'
import type { ChangeDraft } from '../port.ts'
import { config } from './config.ts'
import { changeRequestOf, changesOf, incidentOf, noteOf, snapshotOf, timeMs, timeText, type ServiceNowRecord } from './map.ts'

const reading = { baseUrl: 'https://example.service-now.com', mapping: config.mapping, username: 'alert.whisperer' }

describe('the map of ServiceNow', () => {
  goldenCases(join(import.meta.dirname, 'testdata'), {
    create: (draft) => incidentOf(draft as TicketDraft),
    change: (change) => changesOf(change as TicketChange, new Set(['t3'])),
    request: (draft) => changeRequestOf(draft as ChangeDraft),
    read: (record) => snapshotOf(record as ServiceNowRecord, null, reading),
    note: (row) => noteOf(row as ServiceNowRecord, 'alert.whisperer'),
  })

  it('takes nothing but a sys_id for a record, because ServiceNow would look for a name, or make the record', () => {
    const draft = { externalRef: 'AW-0123456789AB', title: 'x', text: 'x', severity: 'high', priority: 1, state: 'open', party: { companyId: 'Acme Corp', contactId: null, assetIds: [] }, assigneeId: null, parent: null, mapping: config.mapping } as const
    expect(() => incidentOf(draft)).toThrow(expect.objectContaining({ code: 'invalid' }))
    expect(() => incidentOf({ ...draft, party: { companyId: null, contactId: null, assetIds: [] }, assigneeId: 'sam.field' })).toThrow(expect.objectContaining({ code: 'invalid' }))
  })

  it('says how to mend a priority that is no pair', () => {
    const mapping = { ...config.mapping, priority: { high: '2' } }
    expect(() => changesOf({ mapping, severity: 'high' }, new Set())).toThrow(expect.objectContaining({ code: 'misconfigured', message: expect.stringContaining('impact-urgency') }))
  })

  it('tells times of UTC both ways', () => {
    expect(timeText(timeMs('2026-11-21 10:42:07') ?? 0)).toBe('2026-11-21 10:42:07')
    expect(timeMs('21.11.2026 10:42')).toBeNull()
  })
})
