import { afterAll, describe, expect, it } from 'vitest'
import { createTargets } from '../fuzz/registry.ts'
import { runInput } from '../fuzz/run-input.ts'
import { Random } from '../fuzz/random.ts'
import { treeOf, write } from '../fuzz/tree.ts'

/** The short run: the same inputs every time, so that a change is judged and not the day. `npm run fuzz` looks for new ones. */
const SEED = 'short'
const INPUTS = 40

/** What measures time is no test for a busy machine. */
const targets = (await createTargets()).filter(({ name }) => name !== 'growth')
afterAll(async () => {
  for (const target of targets) await target.close?.()
})

describe('whatever comes in', () => {
  it.each(targets.map((target) => [target.name, target] as const))('%s holds', async (_, target) => {
    let shown = ''
    for (let input = 0; input < INPUTS; input++) {
      try {
        await runInput(target, SEED, input, ({ bytes, contentType }) => { shown = `${contentType ?? ''} ${bytes.toString().slice(0, 500)}` })
      } catch (thrown) {
        throw new Error(`input ${input}, by: npm run fuzz -- --seed ${SEED} --only ${target.name} --input ${input}\n${shown}`, { cause: thrown })
      }
    }
  })
})

describe('the inputs themselves', () => {
  it('are the same for the same seed, and others for another', () => {
    const drawn = (seed: string): number[] => { const random = new Random(seed); return [random.next(), random.next(), random.int(10)] }
    expect(drawn('a')).toEqual(drawn('a'))
    expect(drawn('a')).not.toEqual(drawn('b'))
  })

  it('are written as JSON is, and can hold what JSON.stringify cannot', () => {
    const value = { a: [1, 'x', null, { b: true }], '': [], c: {} }
    expect(JSON.parse(write(treeOf(value)))).toEqual(value)
    expect(write({ kind: 'object', entries: [['a', { kind: 'raw', text: '1e999' }], ['a', { kind: 'text', text: 'x' }]] })).toBe('{"a":1e999,"a":"x"}')
  })
})
