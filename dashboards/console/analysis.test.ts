import { describe, expect, it } from 'vitest'

interface Growing { take(piece: { incidentId: string; analysisId: string; at: number; text: string }): string | null; of(incidentId: string): string | null; end(incidentId: string): void }
// A page's script has no types.
const script = ['./analysis', 'js'].join('.')
const { Growing } = (await import(script)) as { Growing: new () => Growing }

describe('an analysis that is being written', () => {
  const piece = (at: number, text: string, analysisId = 'a') => ({ incidentId: 'i', analysisId, at, text })
  it('is put together from its pieces', () => {
    const growing = new Growing()
    expect([growing.take(piece(0, 'Mail')), growing.take(piece(4, ' waits')), growing.of('i'), growing.of('j')]).toEqual(['Mail', 'Mail waits', 'Mail waits', null])
  })
  it('begins anew where a piece says so, or another analysis begins', () => {
    const growing = new Growing()
    growing.take(piece(0, 'see the'))
    expect([growing.take(piece(0, 'see')), growing.take(piece(0, 'x', 'b')), growing.take(piece(3, 'y', 'c'))]).toEqual(['see', 'x', null])
  })
  it('waits for the whole where a piece is missing, and is over when it ends', () => {
    const growing = new Growing()
    expect(growing.take(piece(9, 'late'))).toBeNull()
    growing.take(piece(0, 'x'))
    growing.end('i')
    expect(growing.of('i')).toBeNull()
  })
})
