import { expect, it } from 'vitest'
import { snapshot } from '../sync/test-world.ts'
import { isUnheard } from './heard.ts'

const note = (externalId: string) => ({ externalId, text: 'x', isPublic: false, isOurs: false, author: { externalId: null, name: 'Ann', email: null, isAgent: true }, channel: 'web' as const, atMs: null })

it.each([
  ['its state', { state: 'in_progress' as const }], ['the PSA’s word for it', { statusText: 'Waiting for parts' }], ['its title', { title: 'x' }], ['its priority', { priorityId: 'low' }], ['its technician', { assignee: { externalId: 'ann', name: 'Ann', email: null } }],
  ['its client', { companyId: 'other' }], ['what it was merged into', { mergedIntoId: '9' }], ['that it is there', { isDeleted: true }], ['when it changed', { updatedAtMs: 1 }], ['what is written in it', { notes: [note('1')] }],
])('a ticket is to be heard where %s differs from what was read last', (_what, change) => {
  expect(isUnheard(snapshot(), snapshot(change))).toBe(true)
})

it('a ticket that was never read is to be heard, and one that looks the same is not, whether or not the PSA shows its notes now', () => {
  expect(isUnheard(null, snapshot())).toBe(true)
  expect(isUnheard(snapshot(), snapshot())).toBe(false)
  expect(isUnheard(snapshot({ notes: [note('1')] }), snapshot({ notes: null }))).toBe(false)
})
