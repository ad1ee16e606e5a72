import { KafkaJSError, KafkaJSNonRetriableError, type ProducerBatch, type RecordMetadata } from 'kafkajs'
import { expect, test } from 'vitest'
import { TestClock } from '../../schemas/clock.ts'
import { AppError } from '../../schemas/errors.ts'
import { Appender } from './appender.ts'

/** A producer whose sends end when the test says so. */
class HeldProducer {
  readonly sends: { values: string[]; end: () => void; fail: (error: Error) => void }[] = []

  sendBatch({ topicMessages = [] }: ProducerBatch): Promise<RecordMetadata[]> {
    const { promise, resolve, reject } = Promise.withResolvers<RecordMetadata[]>()
    const values = topicMessages.flatMap(({ topic, messages }) => messages.map(({ partition, value }) => `${topic}/${partition ?? '?'}:${String(value).slice(0, 5)}`))
    this.sends.push({ values, end: () => resolve([]), fail: reject })
    return promise
  }
}

const topics = { known: () => 2, partitions: () => Promise.resolve(2) }
const record = (value: string, partition = 0) => ({ topic: 't', key: 'k', partition, value: Buffer.from(value) })

function start() {
  const producer = new HeldProducer()
  const clock = new TestClock()
  const appender = new Appender(producer, clock, topics)
  const sent = async (count: number) => {
    await expect.poll(() => producer.sends.length).toBe(count)
    const last = producer.sends[count - 1]
    if (last === undefined) throw new Error('nothing was sent')
    return last
  }
  return { producer, clock, appender, sent }
}

test('what is appended while a send is under way goes together in the next one, and nobody is told early', async () => {
  const { appender, sent, producer } = start()
  const told: string[] = []
  const appends = ['a', 'b', 'c'].map((value) => appender.append([record(value)]).then(() => told.push(value)))
  const first = await sent(1)
  appends.push(...['d', 'e'].map((value) => appender.append([record(value, 1)]).then(() => told.push(value))))
  await new Promise((resolve) => setImmediate(resolve))
  expect(producer.sends).toHaveLength(1)
  expect(told).toEqual([])
  first.end()
  const second = await sent(2)
  expect(first.values).toEqual(['t/0:a', 't/0:b', 't/0:c'])
  expect(second.values).toEqual(['t/1:d', 't/1:e'])
  expect(told).toEqual(['a', 'b', 'c'])
  second.end()
  await Promise.all(appends)
})

test('a partition whose batch is full waits for the next send while another goes along, each in its order', async () => {
  const { appender, sent } = start()
  const values = ['a', 'b', 'c'].map((letter) => letter.repeat(400_000))
  const done = appender.append([...values.map((value) => record(value)), record('other', 1)])
  const first = await sent(1)
  expect(first.values).toEqual(['t/0:aaaaa', 't/0:bbbbb', 't/1:other'])
  first.end()
  const second = await sent(2)
  expect(second.values).toEqual(['t/0:ccccc'])
  second.end()
  await done
})

test('a record that is larger than a batch goes alone, and its refusal is nobody else\'s', async () => {
  const { appender, sent } = start()
  const large = appender.append([record('L'.repeat(2_000_000))])
  const small = appender.append([record('small')])
  const first = await sent(1)
  expect(first.values).toEqual(['t/0:LLLLL'])
  first.fail(Object.assign(new KafkaJSError('too large'), { type: 'MESSAGE_TOO_LARGE' }))
  await expect(large).rejects.toMatchObject({ code: 'internal', message: expect.stringContaining('max.message.bytes') as string })
  const second = await sent(2)
  second.end()
  await small
})

test('a send that fails refuses those who wait as well, and the next one is tried', async () => {
  const { appender, sent } = start()
  const under = appender.append([record('a')])
  const first = await sent(1)
  const waiting = appender.append([record('b')])
  first.fail(new KafkaJSNonRetriableError(new KafkaJSError('connection refused')))
  const [one, two] = await Promise.allSettled([under, waiting])
  for (const result of [one, two]) expect(result).toMatchObject({ status: 'rejected', reason: { code: 'log_unavailable' } })
  const again = appender.append([record('c')])
  const second = await sent(2)
  expect(second.values).toEqual(['t/0:c'])
  second.end()
  await again
})

test('nobody waits longer than nine seconds, and nothing new is sent beside a send that may still land', async () => {
  const { appender, clock, sent, producer } = start()
  const under = appender.append([record('a')])
  const first = await sent(1)
  const waiting = appender.append([record('b')])
  clock.tick(9_000)
  const results = await Promise.allSettled([under, waiting])
  for (const result of results) expect(result).toMatchObject({ status: 'rejected', reason: { code: 'log_unavailable' } })
  await expect(appender.append([record('c')])).rejects.toMatchObject({ code: 'log_unavailable' })
  expect(producer.sends).toHaveLength(1)
  first.end()
  await appender.drain()
  const again = appender.append([record('d')])
  const second = await sent(2)
  second.end()
  await again
})

test('a partition that the topic does not have is refused before anything is sent', async () => {
  const { appender, producer } = start()
  await expect(appender.append([record('a'), record('b', 2)])).rejects.toBeInstanceOf(AppError)
  expect(producer.sends).toEqual([])
})
