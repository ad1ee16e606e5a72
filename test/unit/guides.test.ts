import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { span, seconds } from '../../cli/input.ts'
import { guideOf, guideText, setupText, sourceList, sourceListText } from '../../cli/sources.ts'
import { createDoors } from '../../ingest/doors/registry.ts'
import { ADAPTERS } from '../../processors/sources/registry.ts'

const GIVEN = { url: 'http://aw.test:8080/api/webhooks/some-tool', key: 'aw_$&key' }

describe('guides at a terminal', () => {
  it.each(ADAPTERS.map(({ id }) => id))('name address and key of %s, and nothing stays to be filled in', (id) => {
    const text = setupText(guideOf(id, GIVEN))
    expect(text).not.toMatch(/\{(url|base|key)\}/)
    expect(text).toContain('aw.test:8080')
    expect(text).toContain(GIVEN.key)
    expect(text).not.toMatch(/https?:\/\/[^\s@]*@https?:/)
  })

  it('put user and password before the address and its own scheme before both', () => {
    expect(guideOf('monit', GIVEN).template).toContain(`http://monit:${GIVEN.key}@aw.test:8080/api/webhooks/some-tool`)
  })

  it('know the address of a drop-in endpoint', () => {
    expect(setupText(guideOf('pagerduty-events', GIVEN))).toContain('http://aw.test:8080/v2/enqueue')
  })

  it('say when nobody knows the tool', () => {
    expect(guideOf('no-such-tool')).toMatchObject({ hasAdapter: false, name: 'Any other tool', proof: 'optional' })
    expect(guideText(guideOf('no-such-tool'))).toContain('No adapter has the id no-such-tool')
  })

  it('list every adapter once, by family', () => {
    expect(sourceList().map(({ id }) => id).sort()).toEqual(ADAPTERS.map(({ id }) => id).sort())
    const families = sourceListText(sourceList()).split('\n').slice(2).map((line) => /^\S+/.exec(line)?.[0]).filter((family) => family !== undefined)
    expect(families.filter((family) => family === 'network')).toHaveLength(1)
  })
})

describe('what a guide says of proofs', () => {
  const doors = createDoors()

  it.each(ADAPTERS.map(({ id, guide }) => [id, guide.proof] as const))('agrees with the edge for %s', (id, proof) => {
    if (doors(id) !== undefined) expect(proof, 'the edge has a door for it').not.toBe('none')
    if (proof === 'vendor-secret') expect(doors(id), 'no door compares with that secret').toBeDefined()
  })
})

describe('spans of time', () => {
  it.each([['90s', 90, '1m30s'], ['5m', 300, '5m'], ['1h30m', 5_400, '1h30m'], ['7d', 604_800, '7d'], ['0', 0, '0'], ['0s', 0, '0']] as const)('%s is %d seconds', (text, value, again) => {
    expect(seconds(text, '--heartbeat', { least: 0, most: 604_800 })).toBe(value)
    expect(span(value)).toBe(again)
  })

  it.each(['', '5', 'm', '5 m', '-5m', '1.5h', '8d', '5min'])('%j is none', (text) => {
    expect(() => seconds(text, '--heartbeat', { least: 0, most: 604_800 })).toThrow(/--heartbeat: a time from 0 to 7d/)
  })
})

describe('the README', () => {
  const root = join(import.meta.dirname, '../..')
  const readme = readFileSync(join(root, 'README.md'), 'utf8')

  it('tells how many tools have an adapter, and the changes likewise', () => {
    expect(readme).toContain(`# ${ADAPTERS.length} tools by family`)
    expect(readFileSync(join(root, 'CHANGELOG.md'), 'utf8')).toContain(`adapters for ${ADAPTERS.length} tools`)
  })

  it('names every command', () => {
    const names = [...['main.ts', 'cli/remediation-commands.ts', 'cli/ticket-commands.ts', 'cli/connection-commands.ts'].map((file) => readFileSync(join(root, file), 'utf8')).join('\n').matchAll(/(?:command|ofCompany)\('([\w-]+)'\)/g)].map(([, name = '']) => name)
    expect(names.length).toBeGreaterThan(20)
    const table = readme.slice(readme.indexOf('## Command line'))
    expect(names.filter((name) => !new RegExp(`[\`\\s]${name}[\`\\s]`).test(table))).toEqual([])
  })
})
