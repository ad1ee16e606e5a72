import { expect, test } from 'vitest'
import type { Codec } from '../../schemas/codec.ts'
import { findUnrecorded, type TailedLog } from './unrecorded.ts'

const TEXTS = ['apple', 'banana', 'cherry']
const facts = { query: () => Promise.resolve([]) }
const codec: Codec<string> = { prepare: () => Promise.resolve(), decode: (value) => value.toString(), encode: (text) => Buffer.from(text) }
const log: TailedLog = {
  epoch: 1,
  ends: () => Promise.resolve([{ partition: 0, first: 0, next: 3 }, { partition: 1, first: 0, next: 3 }]),
  async *read(_topic, partition, from, to) {
    for (let offset = from; offset < to; offset++) yield await Promise.resolve([{ partition, offset, key: '', value: Buffer.from(TEXTS[offset] ?? ''), atMs: offset }])
  },
}
const find = async (word: string, fits: (text: string) => boolean, partition: number | null = null): Promise<readonly string[]> =>
  (await findUnrecorded(log, facts, codec, { topic: 't', word, partition, fits })).map((found) => `${found.partition}:${found.record}`)

test('what holds the word is read, and only what fits is kept', async () => {
  const read: string[] = []
  expect(await find('a', (text) => (read.push(text), text === 'banana'))).toEqual(['0:banana', '1:banana'])
  expect(read.sort()).toEqual(['apple', 'apple', 'banana', 'banana'])
})

test('one partition may be enough', async () => {
  expect(await find('cherry', () => true, 1)).toEqual(['1:cherry'])
})
