import { describe, expect, it } from 'vitest'
import { CHAIN_START, ChainCheck, chainedText, linkHash, readChained, type ChainedLine } from './audit-chain.ts'

function chain(...entries: readonly string[]): ChainedLine[] {
  let previous = CHAIN_START
  return entries.map((entry, index) => {
    const line = { seq: index + 1, previous, hash: linkHash(previous, entry), entry }
    previous = line.hash
    return line
  })
}

function check(lines: readonly ChainedLine[], expected: { seq: number; hash: string } | null = null) {
  const judge = new ChainCheck(expected)
  for (const line of lines) judge.take(line)
  return judge.report()
}

const [one, two, three] = chain('{"id": 1}', '{"id": 2, "text": "}\\n{"}', '{"id": 3}') as [ChainedLine, ChainedLine, ChainedLine]

describe('a chain of lines', () => {
  it('holds as it was written, and names its newest line', () => {
    expect(check([one, two, three])).toEqual({ ok: true, lines: 3, gaps: 0, head: { seq: 3, hash: three.hash }, broken: null })
    expect(check([])).toEqual({ ok: true, lines: 0, gaps: 0, head: null, broken: null })
  })

  it('survives a file byte for byte, whatever the entry holds', () => {
    for (const line of [one, two, three]) expect(readChained(chainedText(line))).toEqual(line)
    expect(JSON.parse(chainedText(two))).toMatchObject({ seq: 2, entry: { id: 2 } })
    expect(readChained('{"seq":1}')).toBeNull()
  })

  it.each([
    ['a changed text', [one, { ...two, entry: '{"id": 2}' }, three], 2, 'not the one that was hashed'],
    ['a line taken out and the rest renumbered', [one, { ...three, seq: 2 }], 2, 'changed or taken out'],
    ['a line made anew', [one, { ...two, entry: '{}', hash: linkHash(one.hash, '{}') }, three], 3, 'changed or taken out'],
    ['lines in another order', [two, one], 1, 'it stands after line 2'],
  ])('is broken by %s', (_what, lines, seq, reason) => {
    expect(check(lines)).toMatchObject({ ok: false, broken: { seq, reason: expect.stringContaining(reason) } })
  })

  it('counts lines that are not there to be judged', () => {
    expect(check([one, three])).toMatchObject({ ok: true, lines: 2, gaps: 1 })
    expect(check([three])).toMatchObject({ ok: true, lines: 1, gaps: 2 })
  })

  it('is not believed when the line that was noted is gone or another', () => {
    expect(check([one, two, three], { seq: 2, hash: two.hash }).ok).toBe(true)
    expect(check([one], { seq: 2, hash: two.hash })).toMatchObject({ ok: false, broken: { seq: 2, reason: expect.stringContaining('cut off') } })
    const [, anew] = chain('{"id": 1}', '{"id": 9}')
    expect(check([one, anew!], { seq: 2, hash: two.hash })).toMatchObject({ ok: false, broken: { seq: 2, reason: expect.stringContaining('made anew') } })
  })
})
