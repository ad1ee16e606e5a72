import { Kafka, logLevel } from 'kafkajs'
import { inject } from 'vitest'
import type { Log } from '../../processors/ports.ts'
import { systemClock } from '../../schemas/clock.ts'
import { openKafkaLog } from '../../storage/kafka/log.ts'
import { logContract } from './log.contract.ts'

logContract('Kafka', async () => {
  const brokers = inject('addresses').KAFKA_BROKERS.split(',')
  const log: Log = await openKafkaLog({ brokers, epoch: 1, clock: systemClock })
  const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  return {
    log,
    forget: async (topic, partition, before) => {
      // kafkajs deletes only in topics that its admin client has looked at.
      await admin.fetchTopicOffsets(topic)
      await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(before) }] })
    },
    close: async () => {
      await log.close()
      await admin.disconnect()
    },
  }
})
