import { describe, expect, test } from 'vitest'
import { eventsOf } from './sse.ts'

const bodyOf = (...chunks: (string | Uint8Array)[]): ReadableStream<Uint8Array> => new ReadableStream({
  start(controller) {
    for (const chunk of chunks) controller.enqueue(typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk)
    controller.close()
  },
})
const all = async (body: ReadableStream<Uint8Array>): Promise<string[]> => {
  const found: string[] = []
  for await (const data of eventsOf(body)) found.push(data)
  return found
}

describe('a stream of events', () => {
  const text = ': hello\nevent: x\ndata: {"a":"é"}\n\ndata: one\ndata: two\n\n\n'
  test('is read whatever its line ends', async () => {
    for (const end of ['\n', '\r\n', '\r']) expect(await all(bodyOf(text.replaceAll('\n', end)))).toEqual(['{"a":"é"}', 'one\ntwo'])
  })

  test('is read the same wherever it is cut', async () => {
    const bytes = new TextEncoder().encode(text.replaceAll('\n', '\r\n'))
    for (let at = 1; at < bytes.length; at++) expect(await all(bodyOf(bytes.subarray(0, at), bytes.subarray(at)))).toEqual(['{"a":"é"}', 'one\ntwo'])
  })

  test('gives what stands before an end without an empty line', async () => {
    expect(await all(bodyOf('data: last'))).toEqual(['last'])
  })

  test('ends with a line that is too long', async () => {
    await expect(all(bodyOf(`data: ${'x'.repeat(1_100_000)}`))).rejects.toThrow('too long')
  })
})
