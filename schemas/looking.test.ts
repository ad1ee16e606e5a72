import { describe, expect, it } from 'vitest'
import { TestClock } from './clock.ts'
import { startLooking } from './looking.ts'

/** Everything that is due without the passing of time. */
const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

/** A loop whose looks are counted; `answers` says what each does, the last one for all that follow. */
function looking(...answers: (() => boolean | Promise<boolean>)[]) {
  const clock = new TestClock()
  const told: string[] = []
  let looks = 0
  const loop = startLooking({ clock, everyMs: 1_000, what: 'looking for work', logger: { warn: (_fields, message) => told.push(message) } }, async () => {
    looks += 1
    return (answers[looks - 1] ?? answers.at(-1))?.() ?? false
  })
  return { ...loop, clock, told, looks: () => looks }
}

describe('looking in turn', () => {
  it('looks at once, and then each time its turn has come', async () => {
    const loop = looking()
    await settled()
    expect(loop.looks()).toBe(1)
    loop.clock.tick(999)
    await settled()
    expect(loop.looks()).toBe(1)
    loop.clock.tick(1)
    await settled()
    expect(loop.looks()).toBe(2)
    await loop.stop()
  })

  it('looks again at once for as long as there is more', async () => {
    const loop = looking(() => true, () => true, () => false)
    await settled()
    expect(loop.looks()).toBe(3)
    await loop.stop()
  })

  it('looks when it is woken, and once more when it is woken during a look', async () => {
    let end: (more: boolean) => void = () => undefined
    const loop = looking(() => false, () => new Promise((resolve) => { end = resolve }), () => false)
    await settled()
    loop.wake()
    await settled()
    expect(loop.looks()).toBe(2)
    loop.wake()
    end(false)
    await settled()
    expect(loop.looks()).toBe(3)
    await loop.stop()
  })

  it('says what failed and goes on in turn', async () => {
    const loop = looking(() => Promise.reject(new Error('the database is away')), () => false)
    await settled()
    expect(loop.told).toEqual([expect.stringMatching(/^looking for work failed: trying again in turn: /)])
    loop.clock.tick(1_000)
    await settled()
    expect(loop.looks()).toBe(2)
    await loop.stop()
  })

  it('stops when the look under way is over, and begins none after it', async () => {
    let end: (more: boolean) => void = () => undefined
    const loop = looking(() => new Promise((resolve) => { end = resolve }))
    await settled()
    let stopped = false
    const stopping = loop.stop().then(() => { stopped = true })
    await settled()
    expect(stopped).toBe(false)
    end(true)
    await stopping
    loop.clock.tick(5_000)
    loop.wake()
    await settled()
    expect(loop.looks()).toBe(1)
  })
})
