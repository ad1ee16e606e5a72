import { describe, expect, it } from 'vitest'
import { adapterFor } from './registry.ts'
import { readMarks } from './marks.ts'
import { shapeOf, withoutState } from './sentence.ts'

const CONTEXT = { contentType: 'application/json', headers: {}, receivedAtMs: 0 }

/** Found by `npm run fuzz` and by a checker of patterns: each of these once took seconds, or for ever. A test here does not fail, it never ends. */
describe('texts made for patterns that try everything', () => {
  it.each(['_0', '_a', '._', ':_', '-_', '__0'])('a kind of alert made of %s', (unit) => {
    const kind = `0__${unit.repeat(100)}-`
    expect(adapterFor('some-tool').normalise({ alert_type: kind, message: 'a' }, CONTEXT)).toMatchObject([{ source: 'some-tool', labels: { alert_type: kind } }])
  })

  it('a kind of alert that is joined by underscores is still a name', () => {
    expect(adapterFor('some-tool').normalise({ alert_type: 'disk_space_low', message: 'a' }, CONTEXT)).toMatchObject([{ signature: 'disk_space_low' }])
  })

  it('thousands of titles with long runs of spaces, colons and dots', () => {
    for (const unit of ['\t', ' ', ':', '-', '.', '*', ' on', ' on {', '[']) {
      const run = unit.repeat(Math.floor(4_000 / unit.length))
      for (let times = 0; times < 300; times++) {
        readMarks(`[a${run}{}]`)
        readMarks(`[a on {${run}x]`)
        shapeOf(`x${run}x`)
        withoutState(`x${run}x`)
      }
    }
  })
})

describe('a mark with a scope', () => {
  it.each([
    ['[Triggered on {host:a,env:b}] CPU', 'CPU', 'firing', 2], ['[Recovered  on  {host:a}] CPU', 'CPU', 'resolved', 1], ['[Triggered on {}] CPU', 'CPU', 'firing', 0],
    ['[Triggered{host:a}] CPU', '[Triggered{host:a}] CPU', null, 0], ['[Triggered on{host:a}] CPU', '[Triggered on{host:a}] CPU', null, 0], ['[Triggered on {a} {b}] CPU', '[Triggered on {a} {b}] CPU', null, 0],
    [`[OK${' '.repeat(70)}not] CPU`, `[OK${' '.repeat(70)}not] CPU`, null, 0],
  ])('%s', (title, text, status, tags) => {
    const marks = readMarks(title)
    expect([marks.text, marks.status, marks.scope.length]).toEqual([text, status, tags])
  })
})
